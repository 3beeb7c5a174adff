// Exporters as processes on a real cluster, polling a real HTTP server.
import type { ServerResponse } from 'node:http';
import { headers as messageHeaders } from 'nats';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Child } from '../../local/child.ts';
import { waitFor } from '../../local/wait.ts';
import { type FeedPoll, RAW_DOCUMENT, type RawDocument } from '../../workers/contract/messages.ts';
import {
  bucketSubject,
  dueSubject,
  FEEDS_BUCKET,
  HEADER,
  scheduleSubject,
  sourceSubject,
} from '../../workers/contract/subjects.ts';
import { validateMessage } from '../../workers/contract/validation.ts';
import type { StoredFeedState } from '../../workers/rss-exporter/feed-states.ts';
import { type LocalServer, startServer } from '../../workers/rss-exporter/testing/local-server.ts';
import { OBSERVER, TestCluster } from '../support/cluster.ts';
import { type Found, Observer } from '../support/observer.ts';

const SOON_MS = 60_000;
const numbered = (count: number): string[] => Array.from({ length: count }, (_, index) => `feed-${index}`);
const FLEET = numbered(40);
const CREW = numbered(12);
const ALPHA = ['steady', 'cached', 'changing', 'moved', 'gone', 'flaky', 'huge', 'reset'];

const definition = (port: number): string => {
  const feeds = (source: string, names: readonly string[]): string =>
    names
      .map((name) => `      - { url: 'http://127.0.0.1:${port}/${source}/${name}', every: 1s, name: ${name} }\n`)
      .join('');
  const source = (name: string, names: readonly string[], allowed = true): string =>
    `  ${name}:\n    kind: rss\n    allowPrivateAddresses: ${allowed}\n    feeds:\n${feeds(name, names)}`;
  return `sources:
${source('fleet', FLEET)}${source('crew', CREW)}${source('alpha', ALPHA)}${source('slow', ['one'])}${source('sealed', ['one'], false)}${source('beta', ['one'])}
workers:
  crew-exporter: { ackWait: 4s }
  slow-exporter: { ackWait: 10m }
`;
};

type Answer = (response: ServerResponse, headers: Readonly<Record<string, unknown>>) => void;

let cluster: TestCluster;
let observer: Observer;
let server: LocalServer;
let due: readonly Found[];
/** Every state that was ever written. */
let states: readonly Found[];
/** What the server answers by path; others get the same document each time. */
const answers = new Map<string, Answer>();

const rss = (title: string): string =>
  `<?xml version="1.0"?><rss version="2.0"><channel><title>t</title><item><title>${title}</title></item></channel></rss>`;
const say = (response: ServerResponse, status: number, body = '', headers: Record<string, string> = {}): void => {
  response.writeHead(status, { 'content-type': 'application/rss+xml', ...headers }).end(body);
};

/** Requests for a feed so far, by all replicas or by the one with this user agent. */
const requests = (source: string, feed: string, agent?: string): number =>
  server.requests.filter(
    ({ path, headers }) => path === `/${source}/${feed}` && (agent === undefined || headers['user-agent'] === agent),
  ).length;
const startExporter = (source: string, agent: string): Child =>
  cluster.startDeclared(`${source}-exporter`, { USER_AGENT: agent });
const documents = async (source: string, feed: string): Promise<Found[]> =>
  (await observer.messages(sourceSubject(source))).filter(({ header }) => header(HEADER.feed) === feed);

/** Waits until the feed's state is as wanted. */
const stateOf = (source: string, feed: string, wanted: (state: StoredFeedState) => boolean): Promise<StoredFeedState> =>
  waitFor(`the state of ${source}.${feed}`, SOON_MS, async () => {
    const state = await observer.feedState<StoredFeedState>(source, feed);
    return state && wanted(state) ? state : undefined;
  });

/** The states of a feed that were observed so far. */
const statesSoFar = (source: string, feed: string): StoredFeedState[] =>
  states.filter(({ subject }) => subject.endsWith(`.${source}.${feed}`)).map(({ text }) => JSON.parse(text));

/** The due polls of a feed that exporters said they did: all up to the one that its state names. */
async function pollsDone(source: string, feed: string): Promise<Found[]> {
  const { dueSequence } = await stateOf(source, feed, () => true);
  const subject = dueSubject(source, feed);
  await waitFor('the last due poll to be observed', SOON_MS, () =>
    due.some((message) => message.subject === subject && message.sequence >= dueSequence),
  );
  return due.filter((message) => message.subject === subject && message.sequence <= dueSequence);
}

beforeAll(async () => {
  server = await startServer((request, response) => {
    const answer = answers.get(request.url ?? '') ?? ((to: ServerResponse) => say(to, 200, rss('as ever')));
    answer(response, request.headers);
  });
  cluster = await TestCluster.start(definition(server.port), { extraIdentities: [OBSERVER] });
  const { exit, output } = await cluster.bootstrap();
  expect(exit.code, output).toBe(0);
  observer = await Observer.connect(cluster);
  due = await observer.follow(dueSubject('*', '*'));
  states = await observer.follow(bucketSubject(FEEDS_BUCKET, '*.*'));
});
afterAll(async () => {
  await cluster?.stop();
  await server?.close();
});

describe.concurrent('two replicas', () => {
  it('poll forty feeds, due each second for ten seconds, once each', { timeout: 180_000 }, async () => {
    const replicas = [startExporter('fleet', 'replica-1'), startExporter('fleet', 'replica-2')];
    const shares = () =>
      ['replica-1', 'replica-2'].map((agent) => FLEET.reduce((sum, feed) => sum + requests('fleet', feed, agent), 0));
    // One may have started long before the other.
    await waitFor('ten polls of every feed, by both replicas', 120_000, () => {
      const [one, other] = shares() as [number, number];
      return FLEET.every((feed) => requests('fleet', feed) >= 10) && Math.min(one, other) > (one + other) / 8;
    });
    expect(await Promise.all(replicas.map((replica) => replica.stop(20_000)))).toEqual([
      { code: 0, signal: null },
      { code: 0, signal: null },
    ]);
    let total = 0;
    for (const feed of FLEET) {
      const done = await pollsDone('fleet', feed);
      expect(requests('fleet', feed), feed).toBe(done.length);
      const plans = statesSoFar('fleet', feed).map((of) => ({ ...of, nextMs: Date.parse(`${of.nextPollAt}`) }));
      for (const { sequence, timeMs } of done.slice(1)) {
        // The server delivers a schedule late where it is busy, never early.
        const plan = plans.findLast(({ dueSequence }) => dueSequence < sequence);
        expect(timeMs, feed).toBeGreaterThanOrEqual(plan?.nextMs ?? Number.NaN);
      }
      const gaps = plans.slice(1).map(({ nextMs }, index) => nextMs - (plans[index]?.nextMs ?? Number.NaN));
      expect(Math.min(...gaps), feed).toBeGreaterThanOrEqual(1_000);
      total += done.length;
    }
    expect(server.requests.filter(({ path }) => path.startsWith('/fleet/'))).toHaveLength(total);
    expect(Math.min(...shares())).toBeGreaterThan(total / 10);
    expect(await observer.deadLetters('fleet-exporter')).toEqual([]);
  });

  it('lose none when one is killed: what it had begun is done again once', async () => {
    const held = new Set<string>();
    let holding = false;
    for (const feed of CREW) {
      answers.set(`/crew/${feed}`, (response, headers) => {
        if (holding && headers['user-agent'] === 'victim') held.add(feed);
        else say(response, 200, rss('as ever'));
      });
    }
    const victim = startExporter('crew', 'victim');
    const survivor = startExporter('crew', 'survivor');
    const polls = (agent: string): number => CREW.reduce((sum, feed) => sum + requests('crew', feed, agent), 0);
    await waitFor('both to take part', SOON_MS, () => polls('victim') > 5 && polls('survivor') > 5);
    holding = true;
    await waitFor('a poll under way', SOON_MS, () => held.size > 0);
    victim.kill('SIGKILL');
    expect(await victim.exited).toEqual({ code: null, signal: 'SIGKILL' });
    const before = new Map(CREW.map((feed) => [feed, requests('crew', feed, 'survivor')]));
    await waitFor('three more polls of every feed', SOON_MS, () =>
      CREW.every((feed) => requests('crew', feed, 'survivor') >= (before.get(feed) as number) + 3),
    );
    expect(await survivor.stop(20_000)).toEqual({ code: 0, signal: null });
    for (const feed of CREW) {
      const again = requests('crew', feed) - (await pollsDone('crew', feed)).length;
      expect(again, feed).toBeLessThanOrEqual(1);
      if (held.has(feed)) expect(again, feed).toBe(1);
    }
    expect(await observer.deadLetters('crew-exporter')).toEqual([]);
  });

  it('hand over a slow fetch when one is told to stop', async () => {
    answers.set('/slow/one', (response, headers) => {
      if (headers['user-agent'] !== 'leaving') say(response, 200, rss('as ever'));
      // Slow, not silent: an exporter waits longer for the end than for a beginning, long enough for the other to start.
      else response.writeHead(200, { 'content-type': 'application/rss+xml' }).write('<rss version="2.0">');
    });
    const leaving = startExporter('slow', 'leaving');
    await waitFor('the slow fetch', SOON_MS, () => requests('slow', 'one') === 1);
    const staying = startExporter('slow', 'staying');
    await waitFor('the other to pull', SOON_MS, () => staying.lastLines(100).includes('pulling'));
    leaving.kill('SIGTERM');
    expect(await leaving.exited).toEqual({ code: 0, signal: null });
    // Given back, not left to its acknowledgement time-out.
    await waitFor('the other to do it', SOON_MS, () => requests('slow', 'one', 'staying') > 0);
    await stateOf('slow', 'one', ({ status }) => status === 'active');
    await staying.stop(20_000);
    expect(requests('slow', 'one', 'leaving')).toBe(1);
  });
});

describe('a feed', () => {
  let exporter: Child;
  let hits: Record<string, number>;
  let changing = 'first';
  beforeAll(() => {
    hits = {};
    const count = (feed: string): number => {
      hits[feed] = (hits[feed] ?? 0) + 1;
      return hits[feed];
    };
    answers.set('/alpha/cached', (response, headers) =>
      headers['if-none-match'] === '"one"' ? say(response, 304) : say(response, 200, rss('once'), { etag: '"one"' }),
    );
    answers.set('/alpha/changing', (response) =>
      say(response, 200, rss(changing), { 'content-type': 'application/rss+xml; charset=utf-8' }),
    );
    answers.set('/alpha/moved', (response) => say(response, 302, '', { location: '/alpha/elsewhere' }));
    answers.set('/alpha/gone', (response) => say(response, 410));
    answers.set('/alpha/flaky', (response) =>
      count('flaky') <= 2 ? say(response, 500) : say(response, 200, rss('recovered')),
    );
    // Line breaks take two bytes each in JSON: within the exporter's cap, beyond the server's.
    answers.set('/alpha/huge', (response) => say(response, 200, `<rss>${'\n'.repeat(9_000_000)}</rss>`));
    exporter = startExporter('alpha', 'alpha');
  });
  afterAll(async () => {
    expect(await exporter.stop(20_000)).toEqual({ code: 0, signal: null });
  });

  it('whose body or validator has not changed publishes nothing more', async () => {
    await waitFor('more polls', SOON_MS, () => requests('alpha', 'steady') >= 4 && requests('alpha', 'cached') >= 4);
    expect(await documents('alpha', 'steady')).toHaveLength(1);
    expect(await documents('alpha', 'cached')).toHaveLength(1);
    const state = await stateOf('alpha', 'cached', ({ etag }) => etag === '"one"');
    const { bodyHash } = await stateOf('alpha', 'steady', () => true);
    expect(state).toMatchObject({ source: 'alpha', feed: 'cached', status: 'active', failures: 0, lastError: null });
    expect(bodyHash).toMatch(/^[0-9a-f]{64}$/);
    expect(Date.parse(state.nextPollAt as string)).toBeGreaterThan(Date.parse(state.lastPollAt as string));
  });

  it('whose body changes publishes it once, with its headers', async () => {
    await waitFor('the first document', SOON_MS, async () => (await documents('alpha', 'changing')).length === 1);
    changing = 'second';
    await waitFor('the second document', SOON_MS, async () => (await documents('alpha', 'changing')).length === 2);
    const polls = requests('alpha', 'changing');
    await waitFor('more polls', SOON_MS, () => requests('alpha', 'changing') >= polls + 2);
    const published = await documents('alpha', 'changing');
    const bodies = published.map(({ text }) => validateMessage<RawDocument>(RAW_DOCUMENT, JSON.parse(text)));
    expect(bodies.map(({ data }) => data)).toEqual([rss('first'), rss('second')]);
    for (const { header } of published) {
      expect(header(HEADER.schema)).toBe('SOURCES/1');
      expect(header(HEADER.contentType)).toBe('application/rss+xml; charset=utf-8');
      expect(header(HEADER.url)).toBe(server.url('/alpha/changing'));
      expect(header('Nats-Msg-Id')).toMatch(/^[0-9a-f]{32}$/);
    }
  });

  it('that redirects publishes the address that it was read from', async () => {
    const [document] = await waitFor('the document', SOON_MS, async () => {
      const published = await documents('alpha', 'moved');
      return published.length > 0 && published;
    });
    expect(document?.header(HEADER.url)).toBe(server.url('/alpha/elsewhere'));
  });

  it('that is gone is polled no more, and its state says so', async () => {
    const state = await stateOf('alpha', 'gone', ({ status }) => status === 'gone');
    const others = requests('alpha', 'steady');
    await waitFor('polls of others', SOON_MS, () => requests('alpha', 'steady') >= others + 3);
    expect(requests('alpha', 'gone')).toBe(1);
    expect(state.nextPollAt).toBeNull();
    expect(state.lastError).toMatch(/answered 410 Gone; the feed is polled no more until its address changes$/);
    expect((await observer.messages(scheduleSubject('alpha', 'gone'))).length).toBe(0);
  });

  it('that fails is left alone ever longer, until it recovers', async () => {
    const state = await stateOf('alpha', 'flaky', ({ status }) => status === 'active');
    // They are observed in their order, and later than they are there.
    const all = () => statesSoFar('alpha', 'flaky');
    await waitFor('its states to be observed', SOON_MS, () => all().some(({ status }) => status === 'active'));
    const failed = all().filter(({ failures }) => failures > 0);
    const waitMs = (of: StoredFeedState): number => Date.parse(`${of.nextPollAt}`) - Date.parse(`${of.lastPollAt}`);
    expect(failed.map((of) => [of.status, of.failures, waitMs(of)])).toEqual([
      ['failing', 1, 2_000],
      ['failing', 2, 4_000],
    ]);
    expect(failed[0]?.lastError).toMatch(/\/alpha\/flaky: answered 500 Internal Server Error$/);
    expect(state).toMatchObject({ failures: 0, lastError: null });
    expect(await documents('alpha', 'flaky')).toHaveLength(1);
  });

  it('whose document the server would not take fails, and says how large it is', async () => {
    const state = await stateOf('alpha', 'huge', ({ failures }) => failures >= 1);
    expect(state.status).toBe('failing');
    expect(state.lastError).toMatch(/^can't publish to SOURCES\.alpha: 180000\d\d bytes, the limit is \d+$/);
    expect(state.bodyHash).toBeNull();
    expect(await documents('alpha', 'huge')).toEqual([]);
  });

  it.each([
    ['is deleted', () => observer.feeds.delete('alpha.reset')],
    ['can’t be read', () => observer.feeds.put('alpha.reset', 'not JSON')],
  ])('whose state %s starts anew', async (_, damage) => {
    await stateOf('alpha', 'reset', ({ status }) => status === 'active');
    const sequence = (await observer.feeds.get('alpha.reset'))?.revision as number;
    await damage();
    const state = await waitFor('a new state', SOON_MS, async () => {
      const entry = await observer.feeds.get('alpha.reset');
      return entry && entry.revision > sequence + 1 && entry.string().startsWith('{') && entry.json<StoredFeedState>();
    });
    expect(state).toMatchObject({ status: 'active', failures: 0 });
    const polls = requests('alpha', 'reset');
    await waitFor('the next poll', SOON_MS, () => requests('alpha', 'reset') > polls);
  });

  it('that another source scheduled is not fetched, and goes to the DLQ', async () => {
    const beta = (await cluster.connect('beta-exporter')).jetstream({ checkAPI: false });
    const poll: FeedPoll = { source: 'alpha', feed: 'rogue', url: server.url('/alpha/rogue'), everyMs: null };
    const publish = async (extra: Record<string, string>): Promise<void> => {
      const all = messageHeaders();
      all.set('Nats-Schedule', `@at ${new Date().toISOString()}`);
      all.set('Nats-Schedule-Target', dueSubject('alpha', 'rogue'));
      for (const [name, value] of Object.entries(extra)) all.set(name, value);
      await beta.publish(scheduleSubject('beta', 'rogue'), JSON.stringify(poll), { headers: all });
    };
    await publish({});
    const [letter] = await waitFor('a dead letter', SOON_MS, async () => {
      const letters = await observer.deadLetters('alpha-exporter');
      return letters.length > 0 && letters;
    });
    expect(letter?.reason).toBe(
      'the poll of alpha.rogue was scheduled by FEEDS.schedule.beta.rogue, which may not do that here',
    );
    expect(letter?.header(HEADER.dlqSubject)).toBe(dueSubject('alpha', 'rogue'));
    expect(JSON.parse(letter?.text ?? '')).toEqual(poll);
    const posing = publish({ 'Nats-Scheduler': scheduleSubject('alpha', 'rogue') });
    await expect(posing, 'the server writes this header itself').rejects.toThrow('invalid scheduler');
    expect(requests('alpha', 'rogue')).toBe(0);
    expect(await observer.feedState('alpha', 'rogue')).toBeUndefined();
  });
});

it('refuses private addresses unless the source allows them, and says so', async () => {
  const exporter = startExporter('sealed', 'sealed');
  const state = await stateOf('sealed', 'one', ({ status }) => status === 'failing');
  await exporter.stop(20_000);
  expect(state.lastError).toMatch(/127\.0\.0\.1.*loopback/);
  expect(requests('sealed', 'one')).toBe(0);
  expect(await documents('sealed', 'one')).toEqual([]);
});

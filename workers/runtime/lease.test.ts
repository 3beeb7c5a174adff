// Leases on a real cluster.
import { once } from 'node:events';
import { type JetStreamClient, type Msg, type NatsConnection, RetentionPolicy } from 'nats';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { waitFor } from '../../local/wait.ts';
import { OBSERVER, TestCluster } from '../../test/support/cluster.ts';
import { Lease, LeaseLostError } from './lease.ts';
import { jetStream } from './nats.ts';
import { recordingLog } from './testing/log.ts';

const DEFINITION = 'sources: { s: { kind: rss, feeds: [{ url: https://a.example/rss }] } }';
const SOON_MS = 30_000;
/** So long that a holder on a busy machine renews in time. */
const TIMING = { ttlMs: 6_000, renewEveryMs: 300, retryEveryMs: 200, marginMs: 500 };

/** What happened to a contender, in the order of all that happened. */
interface Event {
  readonly who: string;
  readonly what: 'holds' | 'lost' | 'told to stop';
  readonly atMs: number;
}

let cluster: TestCluster;
let events: Event[];
let contenders: Contender[] = [];
let key = 0;

/** One of those that want the lease; it works until it is told to end. */
class Contender {
  readonly stop = new AbortController();
  readonly led: Promise<void>;
  readonly connection: NatsConnection;

  constructor(who: string, connection: NatsConnection, client: JetStreamClient = jetStream(connection)) {
    this.connection = connection;
    const { log } = recordingLog();
    const note = (what: Event['what']) => events.push({ who, what, atMs: performance.now() });
    const lease = new Lease({
      ...{ connection, client, log },
      bucket: 'leases',
      key: `key-${key}`,
      holder: who,
      timing: TIMING,
    });
    this.led = lease.lead(this.stop.signal, async (held) => {
      note('holds');
      // Told to stop while it was asking, it holds what it is to give back at once.
      if (!held.aborted) await once(held, 'abort');
      note(held.reason instanceof LeaseLostError ? 'lost' : 'told to stop');
    });
    contenders.push(this);
  }
}

const connect = (): Promise<NatsConnection> => cluster.connect(OBSERVER.name);
const holders = (): string[] => events.filter(({ what }) => what === 'holds').map(({ who }) => who);
const holder = (count: number): Promise<string> =>
  waitFor(`holder number ${count}`, SOON_MS, () => holders()[count - 1]);

/** No two hold it at once: every holder but the last has ended before the next begins. */
function expectOneAtATime(): void {
  let current: string | undefined;
  for (const { who, what } of events) {
    if (what === 'holds') expect(current, `who holds it when ${who} does`).toBeUndefined();
    current = what === 'holds' ? who : undefined;
  }
}

beforeAll(async () => {
  cluster = await TestCluster.start(DEFINITION, { extraIdentities: [OBSERVER] });
  const manager = await (await connect()).jetstreamManager({ checkAPI: false });
  // The cluster may still be electing its leaders.
  await waitFor('the stream', 30_000, () =>
    manager.streams.add({
      ...{ name: 'KV_leases', subjects: ['$KV.leases.>'], retention: RetentionPolicy.Limits },
      ...{ max_msgs_per_subject: 1, num_replicas: 3, allow_direct: true, allow_rollup_hdrs: true },
      ...({ allow_msg_ttl: true } as object),
    }),
  );
});
afterAll(() => cluster?.stop());
afterEach(async () => {
  for (const { stop } of contenders) stop.abort();
  await Promise.all(contenders.map(({ led }) => led));
  contenders = [];
});

function begin(): void {
  events = [];
  key += 1;
}

it('is held by one of three, for as long as it wants', async () => {
  begin();
  for (const who of ['a', 'b', 'c']) new Contender(who, await connect());
  await holder(1);
  const { atMs } = events[0] as Event;
  await waitFor('more than its time limit', SOON_MS, () => performance.now() - atMs > 1.25 * TIMING.ttlMs);
  expect(events).toHaveLength(1);
});

it('goes to the next as soon as it is given back', async () => {
  begin();
  const first = new Contender('a', await connect());
  await holder(1);
  new Contender('b', await connect());
  first.stop.abort();
  await first.led;
  expect(await holder(2)).toBe('b');
  const [, ended, next] = events as [Event, Event, Event];
  expect(next.atMs - ended.atMs).toBeLessThan(TIMING.ttlMs - TIMING.marginMs);
  expectOneAtATime();
});

it('is given up by a holder that is cut off, before another has it', async () => {
  begin();
  const first = new Contender('a', await connect());
  await holder(1);
  new Contender('b', await connect());
  new Contender('c', await connect());
  await first.connection.close();
  const next = await holder(2);
  expect(['b', 'c']).toContain(next);
  expect(events.map(({ who, what }) => `${who} ${what}`)).toEqual(['a holds', 'a lost', `${next} holds`]);
  expectOneAtATime();
});

it('is given up when somebody else has taken it', async () => {
  begin();
  new Contender('a', await connect());
  await holder(1);
  await jetStream(await connect()).publish(`$KV.leases.key-${key}`, '{"holder":"thief","request":1}');
  await waitFor('the loss', SOON_MS, () => events.some(({ what }) => what === 'lost'));
  expect(events[1]).toMatchObject({ who: 'a', what: 'lost' });
});

/** A client that loses every second answer. */
function losingAnswers(client: JetStreamClient): { readonly client: JetStreamClient; readonly stored: () => number } {
  let stored = 0;
  const publish = async (...parameters: Parameters<JetStreamClient['publish']>) => {
    const answer = await client.publish(...parameters);
    if (++stored % 2 === 0) throw new Error('the answer was lost');
    return answer;
  };
  return { client: { publish } as JetStreamClient, stored: () => stored };
}

it('survives renewals whose answers are lost', async () => {
  begin();
  const connection = await connect();
  const { client, stored } = losingAnswers(jetStream(connection));
  new Contender('a', connection, client);
  await holder(1);
  await waitFor('ten renewals', SOON_MS, () => stored() >= 10);
  expect(events).toHaveLength(1);
});

it('survives them where a replica that lags behind says who holds it', async () => {
  begin();
  const connection = await connect();
  const { client, stored } = losingAnswers(jetStream(connection));
  const late: Msg[] = [];
  const request: NatsConnection['request'] = async (...question) => late.shift() ?? connection.request(...question);
  new Contender('a', { request } as NatsConnection, client);
  await holder(1);
  const first = await waitFor('the first answer', SOON_MS, async () => {
    const answer = await connection.request(`$JS.API.DIRECT.GET.KV_leases.$KV.leases.key-${key}`);
    return answer.headers?.has('Nats-Sequence') && answer;
  });
  late.push(first, first);
  await waitFor('some renewals', SOON_MS, () => late.length === 0 && stored() >= 4);
  expect(events).toHaveLength(1);
});

it('is kept while the work ends, and given back then', async () => {
  begin();
  const connection = await connect();
  const client = jetStream(connection);
  const stop = new AbortController();
  let finish = (): void => {};
  const lease = new Lease({
    ...{ connection, client, log: recordingLog().log },
    bucket: 'leases',
    key: `key-${key}`,
    timing: TIMING,
  });
  let startedAtMs = 0;
  const led = lease.lead(stop.signal, (held) => {
    startedAtMs = performance.now();
    held.addEventListener('abort', () => events.push({ who: 'a', what: 'told to stop', atMs: performance.now() }));
    return new Promise((resolve) => {
      finish = resolve;
    });
  });
  await waitFor('the work', SOON_MS, () => startedAtMs > 0);
  new Contender('b', await connect());
  stop.abort();
  await waitFor('more than its time limit', SOON_MS, () => performance.now() - startedAtMs > 1.25 * TIMING.ttlMs);
  expect(events.map(({ who }) => who)).toEqual(['a']);
  finish();
  await led;
  expect(await holder(1)).toBe('b');
});

it('hands on what the work throws, after giving it back', async () => {
  begin();
  const connection = await connect();
  const client = jetStream(connection);
  const lease = new Lease({
    ...{ connection, client, log: recordingLog().log },
    bucket: 'leases',
    key: `key-${key}`,
    timing: TIMING,
  });
  const led = lease.lead(new AbortController().signal, async () => {
    throw new Error('broken');
  });
  await expect(led).rejects.toThrow('broken');
  new Contender('b', await connect());
  expect(await holder(1)).toBe('b');
});

it('refuses times that leave no time to give up in', async () => {
  const connection = await connect();
  const create = (timing: object) => () =>
    new Lease({
      ...{ connection, client: jetStream(connection), log: recordingLog().log },
      bucket: 'leases',
      key: 'k',
      timing,
    });
  expect(create({ ttlMs: 2_500 })).toThrow('ttlMs is 2500; a lease lasts whole seconds');
  expect(create({ ttlMs: 2_000 })).toThrow('renewing every 1500 ms leaves no 1000 ms of 2000 ms to give up in');
});

// Source consumers as processes on a real cluster: raw documents in, news items out.
import { headers as messageHeaders } from 'nats';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { waitFor } from '../../local/wait.ts';
import { newsId } from '../../workers/contract/identity.ts';
import { NEWS_ITEM, type NewsItem, RAW_DOCUMENT, schemaHeader } from '../../workers/contract/messages.ts';
import { HEADER, NEWS_RECEIVED, NEWS_STREAM, SOURCES_STREAM, sourceSubject } from '../../workers/contract/subjects.ts';
import { validateMessage } from '../../workers/contract/validation.ts';
import { OBSERVER, TestCluster } from '../support/cluster.ts';
import { type Found, Observer } from '../support/observer.ts';

const SOON_MS = 60_000;
/** Fewer than the stream takes of one subject, since nothing takes them out again. */
const BULK_ITEMS = 15_000;
const feeds = 'feeds: [{ url: https://papers.example/rss, every: 1h, name: world }]';
// Nothing takes NEWS.received here, so what consumers publish stays in the stream.
const DEFINITION = `
sources:
  daily: { kind: rss, ${feeds} }
  linked: { kind: rss, identity: link, ${feeds} }
  odd: { kind: rss, ${feeds} }
  bulk: { kind: rss, ${feeds} }
workers:
  bulk-consumer: { ackWait: 2s }
`;

let cluster: TestCluster;
let observer: Observer;

beforeAll(async () => {
  cluster = await TestCluster.start(DEFINITION, { extraIdentities: [OBSERVER] });
  const { exit, output } = await cluster.bootstrap();
  expect(exit.code, output).toBe(0);
  observer = await Observer.connect(cluster);
});
afterAll(() => cluster?.stop());

const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
const item = (title: string, link: string): string =>
  `<item><title>${escaped(title)}</title><link>${escaped(link)}</link><pubDate>Mon, 02 Mar 2026 08:00:00 GMT</pubDate></item>`;
const rss = (...items: readonly string[]): string =>
  `<?xml version="1.0"?><rss version="2.0"><channel><title>t</title>${items.join('')}</channel></rss>`;

/** The last sequence that was published of each source. */
const published = new Map<string, number>();

/** Publishes to a source's subject as its exporter, and returns the sequence. */
async function publish(source: string, body: string, own: Record<string, string> = {}): Promise<number> {
  const connection = await cluster.connect(`${source}-exporter`);
  const headers = messageHeaders();
  const all = { [HEADER.schema]: schemaHeader(RAW_DOCUMENT), [HEADER.feed]: 'world', ...own };
  for (const [name, value] of Object.entries(all)) headers.set(name, value);
  const { seq } = await connection.jetstream({ checkAPI: false }).publish(sourceSubject(source), body, { headers });
  await connection.close();
  published.set(source, seq);
  return seq;
}

const publishDocument = (source: string, data: string, headers: Record<string, string> = {}): Promise<number> =>
  publish(source, JSON.stringify({ data, timestamp: '2026-03-02T08:00:00.000Z' }), headers);

/** The items that a source's consumer has published. */
async function received(source: string): Promise<{ item: NewsItem; message: Found }[]> {
  const messages = await observer.messages(NEWS_RECEIVED);
  return messages
    .map((message) => ({ message, item: validateMessage<NewsItem>(NEWS_ITEM, JSON.parse(message.text)) }))
    .filter(({ item }) => item.source === source);
}

/** Waits until a source's consumer has settled everything. */
const settled = (source: string): Promise<true> =>
  waitFor(`${source}-consumer to settle everything`, SOON_MS, async () => {
    const info = await observer.manager.consumers.info(SOURCES_STREAM, `${source}-consumer`);
    // Its leader may learn of a message a little after that of the stream has confirmed it.
    const isKnown = info.ack_floor.stream_seq >= (published.get(source) ?? 0);
    return info.num_pending === 0 && info.num_ack_pending === 0 && isKnown;
  });

/** The stream removes what was acknowledged a little after the consumer knows of it. */
const gone = (source: string): Promise<true> =>
  waitFor(`all of ${source} to be gone`, SOON_MS, async () => {
    return (await observer.messages(sourceSubject(source))).length === 0;
  });

describe('a raw document', () => {
  it('comes out as news items that follow the schema', async () => {
    const consumer = cluster.startDeclared('daily-consumer');
    await publishDocument(
      'daily',
      rss(
        item('Bridge opens & stays', 'https://papers.example/bridge?utm_source=rss&id=7'),
        item('Fair begins', '/fair'),
        item('Fair begins', '/fair'),
      ),
      { [HEADER.url]: 'https://papers.example/rss', [HEADER.contentType]: 'text/xml' },
    );
    await settled('daily');
    const all = await received('daily');
    expect(all.map(({ item }) => item)).toEqual([
      {
        title: 'Bridge opens & stays',
        description: '',
        date: '2026-03-02T08:00:00.000Z',
        link: 'https://papers.example/bridge?id=7',
        id: newsId('title', { title: 'Bridge opens & stays', link: '' }),
        source: 'daily',
      },
      expect.objectContaining({ title: 'Fair begins', link: 'https://papers.example/fair' }),
    ]);
    for (const { message } of all) {
      expect(message.header(HEADER.schema)).toBe('NEWS.received/1');
      expect(message.header(HEADER.feed)).toBe('world');
      expect(message.header('Nats-Msg-Id')).toMatch(/^[0-9a-f]{32}$/);
    }
    expect(await consumer.stop(SOON_MS)).toEqual({ code: 0, signal: null });
  });

  it('gives its items the identity that its source asks for', async () => {
    const consumer = cluster.startDeclared('linked-consumer');
    const link = 'https://papers.example/one';
    await publishDocument('linked', rss(item('Live: the vote', link), item('Live: the count', link)));
    await settled('linked');
    const ids = (await received('linked')).map(({ item }) => item.id);
    expect(ids).toEqual(Array(2).fill(newsId('link', { title: '', link })));
    await consumer.stop(SOON_MS);
  });

  it('of fifteen thousand items is acknowledged when all are confirmed, also when its consumer is killed', async () => {
    const titles = Array.from({ length: BULK_ITEMS }, (_, index) => `Result number ${index}`);
    const document = rss(...titles.map((title, index) => item(title, `https://bulk.example/${index}`)));
    const others = await observer.count(NEWS_STREAM);
    const { max_msgs } = (await observer.manager.streams.info(NEWS_STREAM)).config;
    // However fast it is, it can't be done before it is killed.
    await observer.manager.streams.update(NEWS_STREAM, { max_msgs: others + BULK_ITEMS / 2 });
    const victim = cluster.startDeclared('bulk-consumer');
    let seen = 0;
    const watch = observer.connection.subscribe(NEWS_RECEIVED, {
      callback: (_, message) => {
        if (message.headers?.get(HEADER.feed) === 'bulk' && ++seen === BULK_ITEMS / 4) victim.kill('SIGKILL');
      },
    });
    await publishDocument('bulk', document, { [HEADER.feed]: 'bulk' });
    expect(await victim.exited).toEqual({ code: null, signal: 'SIGKILL' });
    watch.unsubscribe();
    const info = () => observer.manager.consumers.info(SOURCES_STREAM, 'bulk-consumer');
    expect((await info()).num_ack_pending).toBe(1);
    expect((await received('bulk')).length).toBeLessThan(BULK_ITEMS);
    await observer.manager.streams.update(NEWS_STREAM, { max_msgs });
    const successor = cluster.startDeclared('bulk-consumer');
    const counted = await waitFor('the acknowledgement', SOON_MS, async () => {
      // Read in this order, a count that is short shows an acknowledgement that came too soon.
      const { num_ack_pending, num_pending } = await info();
      return num_ack_pending + num_pending === 0 ? [await observer.count(NEWS_STREAM)] : undefined;
    });
    expect(counted).toEqual([others + BULK_ITEMS]);
    const published = (await received('bulk')).map(({ item }) => item.title);
    expect(published).toHaveLength(BULK_ITEMS);
    expect(new Set(published)).toEqual(new Set(titles));
    await gone('bulk');
    expect(await successor.stop(SOON_MS)).toEqual({ code: 0, signal: null });
  });
});

describe('what can’t be read', () => {
  it('goes to the DLQ with the reason, is acknowledged, and holds up nothing', async () => {
    const consumer = cluster.startDeclared('odd-consumer');
    const url = 'https://papers.example/rss';
    const unreadable = await publishDocument('odd', '<!doctype html><html><body>Not found</body></html>', {
      [HEADER.url]: url,
      [HEADER.contentType]: 'text/html',
    });
    await publish('odd', '{"data":5,"timestamp":"2026-03-02T08:00:00Z"}');
    await publish('odd', '{"data":"<rss/>","timestamp":"yesterday"}');
    await publish('odd', 'not JSON');
    await publishDocument('odd', rss(item('Still here', 'https://papers.example/here')));
    await settled('odd');
    const letters = await observer.deadLetters('odd-consumer');
    const reasons = letters.map(({ reason }) => reason).sort();
    expect(reasons).toEqual([
      expect.stringMatching(/^neither rss-parser .* can read it: it looks like an HTML page, declared as text\/html$/),
      expect.stringMatching(/^the message on SOURCES\.odd breaks its schema: .* \/data must be string$/),
      expect.stringMatching(
        /^the message on SOURCES\.odd breaks its schema: .* \/timestamp must match format "date-time"$/,
      ),
      expect.stringMatching(/^the message on SOURCES\.odd is not JSON/),
    ]);
    const letter = letters.find(({ reason }) => reason.startsWith('neither'));
    expect(letter?.header(HEADER.dlqSequence)).toBe(String(unreadable));
    expect(letter?.header(HEADER.dlqSubject)).toBe('SOURCES.odd');
    expect(letter?.header(HEADER.url)).toBe(url);
    expect(JSON.parse(letter?.text ?? '').data).toContain('Not found');
    expect((await received('odd')).map(({ item }) => item.title)).toEqual(['Still here']);
    await gone('odd');
    await consumer.stop(SOON_MS);
  });
});

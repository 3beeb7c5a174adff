// A consumer is deleted in the middle of a flood: with the real worker, nothing is lost and nothing comes twice.
import { headers as messageHeaders } from 'nats';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { waitFor } from '../../../local/wait.ts';
import { OBSERVER, TestCluster } from '../../../test/support/cluster.ts';
import { Observer } from '../../../test/support/observer.ts';
import { type NewsItem, RAW_DOCUMENT, schemaHeader } from '../../contract/messages.ts';
import { consumerName, OPERATOR } from '../../contract/roles.ts';
import { HEADER, NEWS_RECEIVED, NEWS_STREAM, SOURCES_STREAM, sourceSubject } from '../../contract/subjects.ts';
import { RunningControl } from './testing/running-control.ts';

const SOURCE = 'papers';
const CONSUMER = consumerName(SOURCE);
const DEFINITION = `sources: { ${SOURCE}: { kind: rss, feeds: [{ url: https://papers.example/rss, every: 1h, name: all }] } }`;
const DOCUMENTS = 600;
const ITEMS_PER_DOCUMENT = 25;
/** Fewer than NEWS takes, since nothing takes them out again. */
const ITEMS = DOCUMENTS * ITEMS_PER_DOCUMENT;
/** Documents from here on are published once the consumer has been deleted. */
const HELD_BACK_FROM = (DOCUMENTS * 5) / 6;
const NEVER_MS = 3_600_000;
const SOON_MS = 90_000;
/** Longer than the waits within, as they come in turn. */
const TEST_MS = 500_000;

let cluster: TestCluster;
let observer: Observer;
let control: RunningControl;

beforeAll(async () => {
  cluster = await TestCluster.start(DEFINITION, { extraIdentities: [OBSERVER] });
  const { exit, output } = await cluster.bootstrap();
  expect(exit.code, output).toBe(0);
  observer = await Observer.connect(cluster);
  // No look but the one that the server's word brings about.
  control = new RunningControl(await cluster.connect(OPERATOR), cluster.topology, { intervalMs: NEVER_MS });
});
afterAll(async () => {
  await control?.stop();
  await cluster?.stop();
});

const titles = Array.from({ length: ITEMS }, (_, n) => `Flood item ${n}`);
const documentOf = (n: number): string => {
  const own = titles.slice(n * ITEMS_PER_DOCUMENT, (n + 1) * ITEMS_PER_DOCUMENT);
  const items = own.map((title) => `<item><title>${title}</title><link>https://papers.example/${n}</link></item>`);
  return `<rss version="2.0"><channel><title>t</title>${items.join('')}</channel></rss>`;
};

/** Publishes documents as their exporter, all at once. */
async function flood(from: number, to: number): Promise<void> {
  const client = (await cluster.connect(`${SOURCE}-exporter`)).jetstream({ checkAPI: false });
  const publish = (n: number) => {
    const headers = messageHeaders();
    headers.set(HEADER.schema, schemaHeader(RAW_DOCUMENT));
    headers.set(HEADER.feed, 'all');
    const body = JSON.stringify({ data: documentOf(n), timestamp: '2026-03-02T08:00:00.000Z' });
    // The last of them is acknowledged when all are.
    return client.publish(sourceSubject(SOURCE), body, { headers, timeout: SOON_MS });
  };
  await Promise.all(Array.from({ length: to - from }, (_, n) => publish(from + n)));
}

it('every item arrives, and none twice', { timeout: TEST_MS }, async () => {
  const worker = cluster.startDeclared(CONSUMER);
  const flooded = flood(0, HELD_BACK_FROM);
  await waitFor('a part of it', SOON_MS, async () => (await observer.count(NEWS_STREAM)) > ITEMS / 4);
  // In the middle, however fast the worker is: the rest comes after it.
  await observer.manager.consumers.delete(SOURCES_STREAM, CONSUMER);
  await flood(HELD_BACK_FROM, DOCUMENTS);
  await waitFor('the consumer', SOON_MS, () => observer.manager.consumers.info(SOURCES_STREAM, CONSUMER));
  await flooded;
  await waitFor('all documents to be worked off', SOON_MS, async () => (await observer.count(SOURCES_STREAM)) === 0);

  const received = (await observer.messages(NEWS_RECEIVED)).map(({ text }) => (JSON.parse(text) as NewsItem).title);
  expect(received.length).toBe(ITEMS);
  expect(new Set(received)).toEqual(new Set(titles));
  expect(await observer.deadLetters(CONSUMER)).toEqual([]);
  await waitFor('a word on it', SOON_MS, () => control.events.length > 0);
  expect(control.notes('DriftRepaired')).toEqual([`consumer ${SOURCES_STREAM}/${CONSUMER} created`]);
  expect(await worker.stop(SOON_MS)).toEqual({ code: 0, signal: null });
});

import { headers, type JetStreamClient, type JetStreamPublishOptions, type JsMsg, type MsgHdrs } from 'nats';
import { Registry } from 'prom-client';
import { expect, it } from 'vitest';
import { METRICS } from '../contract/metrics.ts';
import { HEADER } from '../contract/subjects.ts';
import { PoisonError, StoppingError } from '../runtime/errors.ts';
import { createLogger } from '../runtime/log.ts';
import { Publisher } from '../runtime/publisher.ts';
import { parseTraceparent } from '../runtime/trace.ts';
import { Cleaning } from './cleaning.ts';

/** What the publisher keeps free for headers. */
const HEADER_ROOM = 16_384;

/** A cleaning whose confirmations are the test's to give. */
function setUp(confirm: () => Promise<void>, maxBytes = 1_048_576) {
  const log = createLogger('test', 'error');
  const registry = new Registry();
  const stop = new AbortController();
  const sent: string[] = [];
  const headersSent: (MsgHdrs | undefined)[] = [];
  const idsSent: (string | undefined)[] = [];
  const client = {
    publish: async (_: string, data: Uint8Array, options?: Partial<JetStreamPublishOptions>) => {
      headersSent.push(options?.headers);
      idsSent.push(options?.msgID);
      sent.push(JSON.parse(new TextDecoder().decode(data)).title);
      await confirm();
      return { duplicate: false };
    },
  } as unknown as JetStreamClient;
  const publisher = new Publisher(client, { maxBytes, log, registry });
  const tools = { source: 'papers', identity: 'title', publisher, log, registry, signal: stop.signal } as const;
  return { cleaning: new Cleaning(tools), registry, stop, sent, headersSent, idsSent };
}

function rawDocument(
  items: readonly { readonly title: string; readonly description?: string }[],
  traceparent?: string,
): JsMsg {
  const data = `<rss version="2.0"><channel><title>t</title>${items
    .map(
      ({ title, description = '' }) => `<item><title>${title}</title><description>${description}</description></item>`,
    )
    .join('')}</channel></rss>`;
  const all = headers();
  all.set(HEADER.feed, 'world');
  if (traceparent !== undefined) all.set(HEADER.traceparent, traceparent);
  const body = JSON.stringify({ data, timestamp: '2026-03-02T08:00:00.000Z' });
  return { subject: 'SOURCES.papers', seq: 1, headers: all, string: () => body } as unknown as JsMsg;
}

const series = (count: number) => Array.from({ length: count }, (_, index) => ({ title: `Item ${index}` }));

it('publishes every other item when one is refused, and then says which was', async () => {
  const { cleaning, sent, registry } = setUp(async () => {}, HEADER_ROOM + 1_000);
  const items = [{ title: 'One' }, { title: 'Two', description: 'long '.repeat(500) }, { title: 'Three' }];
  const cleaned = cleaning.clean(rawDocument(items));
  await expect(cleaned).rejects.toThrow(PoisonError);
  await expect(cleaned).rejects.toThrow(
    /^1 of 3 items were refused, the first: can't publish to NEWS\.received: \d+ bytes, the limit is 1000$/,
  );
  expect(sent).toEqual(['One', 'Three']);
  const { values } = await (registry.getSingleMetric(METRICS.items.name)?.get() ?? { values: [] });
  expect(Object.fromEntries(values.map(({ labels, value }) => [labels.outcome, value]))).toEqual({
    skipped: 0,
    published: 2,
    refused: 1,
  });
});

it('hands on the trace of the document, begins one where there is none, and says when it was fetched', async () => {
  const traceId = 'c0ffee00c0ffee00c0ffee00c0ffee01';
  const { cleaning, headersSent, idsSent } = setUp(async () => {});
  await cleaning.clean(rawDocument(series(2), `00-${traceId}-feed00000000beef-01`));
  await cleaning.clean(rawDocument(series(2), 'nonsense'));
  const traces = headersSent.map((all) => parseTraceparent(all?.get(HEADER.traceparent) ?? ''));
  expect(new Set(traces.map((trace) => trace?.spanId)).size).toBe(4);
  expect(traces.slice(0, 2).map((trace) => trace?.traceId)).toEqual([traceId, traceId]);
  expect(traces[2]?.traceId).toMatch(/^[\da-f]{32}$/);
  expect(traces[3]?.traceId).toBe(traces[2]?.traceId);
  expect(headersSent.map((all) => all?.get(HEADER.fetched))).toEqual(Array(4).fill('2026-03-02T08:00:00.000Z'));
  // What an item is known by is its content alone: fetched again, it is the same.
  expect(idsSent.slice(2)).toEqual(idsSent.slice(0, 2));
});

it('publishes items without waiting for each other, a bounded number at once', async () => {
  const waiting: (() => void)[] = [];
  let most = 0;
  const { cleaning, sent } = setUp(
    () =>
      new Promise((resolve) => {
        waiting.push(resolve);
        most = Math.max(most, waiting.length);
        // Confirmed together, once nothing more comes: whoever waited for a single one would never get here.
        if (waiting.length === 1) setImmediate(() => waiting.splice(0).forEach((confirm) => void confirm()));
      }),
  );
  await cleaning.clean(rawDocument(series(2_500)));
  expect(sent).toHaveLength(2_500);
  expect(most).toBe(1_000);
});

it('gives up when the process has to end, leaves nothing on its way, and counts no document that will come again', async () => {
  const { cleaning, stop, sent, registry } = setUp(async () => {
    stop.abort();
    throw new Error('the cluster is away');
  });
  await expect(cleaning.clean(rawDocument(series(3_000)))).rejects.toThrow(StoppingError);
  const { length } = sent;
  await new Promise((resolve) => setImmediate(resolve));
  expect(sent).toHaveLength(length);
  expect(length).toBeLessThanOrEqual(1_000);
  for (const { name } of [METRICS.documents, METRICS.feedItems]) {
    expect((await registry.getSingleMetric(name)?.get())?.values).toEqual([]);
  }
});

it('counts a document and the items of its feed once they are published', async () => {
  const { cleaning, registry } = setUp(async () => {});
  await cleaning.clean(rawDocument(series(3)));
  const counted = await Promise.all(
    [METRICS.documents, METRICS.feedItems].map(
      async ({ name }) => (await registry.getSingleMetric(name)?.get())?.values,
    ),
  );
  expect(counted).toMatchObject([[{ value: 1 }], [{ labels: { source: 'papers', feed: 'world' }, value: 3 }]]);
});

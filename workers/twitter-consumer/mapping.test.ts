import { headers, type JsMsg } from 'nats';
import { Registry } from 'prom-client';
import { expect, it } from 'vitest';
import { METRICS } from '../contract/metrics.ts';
import { HEADER, NEWS_RECEIVED } from '../contract/subjects.ts';
import { PoisonError } from '../runtime/errors.ts';
import type { Publication } from '../runtime/publisher.ts';
import { type FinishedSpan, Spans } from '../runtime/spans.ts';
import { recordingLog } from '../runtime/testing/log.ts';
import { parseTraceparent } from '../runtime/trace.ts';
import { Mapping } from './mapping.ts';

const TRACE_ID = 'c0ffee00c0ffee00c0ffee00c0ffee01';

/** A mapping whose publications are kept; one with an id that is known is a duplicate. */
function setUp(spans?: Spans) {
  const registry = new Registry();
  const published = new Map<string, Publication>();
  const publish = async (publication: Publication) => {
    const id = publication.messageId as string;
    const duplicate = published.has(id);
    if (!duplicate) published.set(id, publication);
    return { duplicate, sequence: published.size };
  };
  const tools = {
    ...({ source: 'x', identity: 'title', registry, log: recordingLog().log } as const),
    publisher: { publish },
    spans,
    signal: new AbortController().signal,
  };
  return { mapping: new Mapping(tools), registry, published };
}

function raw(data: string): JsMsg {
  const all = headers();
  all.set(HEADER.feed, 'stream');
  all.set(HEADER.traceparent, `00-${TRACE_ID}-feed00000000beef-01`);
  const body = JSON.stringify({ data, timestamp: '2026-03-02T08:00:00.000Z' });
  const info = { stream: 'SOURCES', consumer: 'x-consumer', deliveryCount: 1 };
  return { subject: 'SOURCES.x', seq: 1, info, headers: all, string: () => body } as unknown as JsMsg;
}

const post = (id: string, text: string): string => JSON.stringify({ data: { id, text } });

it('publishes one news item for a post, once', async () => {
  const { mapping, published, registry } = setUp();
  await mapping.map(raw(post('12', 'News')));
  await mapping.map(raw(post('12', 'News')));
  const [publication] = [...published.values()];
  expect(published.size).toBe(1);
  expect(publication).toMatchObject({
    subject: NEWS_RECEIVED,
    body: { title: 'News', source: 'x' },
    headers: {
      [HEADER.feed]: 'stream',
      [HEADER.fetched]: '2026-03-02T08:00:00.000Z',
      [HEADER.traceparent]: expect.stringMatching(`^00-${TRACE_ID}-(?!feed)[\\da-f]{16}-01$`),
    },
  });
  const { values } = await (registry.getSingleMetric(METRICS.items.name)?.get() ?? { values: [] });
  expect(values.map(({ labels, value }) => [labels.outcome, value])).toEqual([
    ['published', 1],
    ['repeated', 1],
  ]);
});

it('publishes nothing for what is no post, and says why', async () => {
  const { mapping, published } = setUp();
  await expect(mapping.map(raw('<html>'))).rejects.toBeInstanceOf(PoisonError);
  expect(published.size).toBe(0);
});

it('tells of its work and of what it published, under the id in the message', async () => {
  const told: FinishedSpan[] = [];
  const { mapping, published } = setUp(new Spans((span) => told.push(span)));
  await mapping.map(raw(post('12', 'News')));
  await expect(mapping.map(raw('{"data":{}}'))).rejects.toThrow(PoisonError);
  const [publication] = [...published.values()];
  const [publish, work, failed] = told;
  expect(publish).toMatchObject({
    name: 'publish NEWS.received',
    step: parseTraceparent(publication?.headers?.[HEADER.traceparent] ?? ''),
    parent: { trace: work?.step },
  });
  expect(work).toMatchObject({
    name: 'process SOURCES.x',
    parent: { trace: { traceId: TRACE_ID, spanId: 'feed00000000beef' }, remote: true },
    failure: undefined,
  });
  expect(failed).toMatchObject({ name: 'process SOURCES.x', attributes: { 'error.type': 'unreadable' } });
  expect(told).toHaveLength(3);
});

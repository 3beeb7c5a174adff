import { Registry } from 'prom-client';
import { expect, it } from 'vitest';
import { HEADER } from '../contract/subjects.ts';
import type { Publication } from '../runtime/publisher.ts';
import { type FinishedSpan, Spans } from '../runtime/spans.ts';
import { recordingLog } from '../runtime/testing/log.ts';
import { parseTraceparent } from '../runtime/trace.ts';
import { followCounters, PostFlow, type PostFlowTools } from './post-flow.ts';

it('begins a trace with each post that it publishes, under the id in the message', async () => {
  const told: FinishedSpan[] = [];
  const published: Publication[] = [];
  const tools: PostFlowTools = {
    source: 'x',
    url: 'https://api.example/2/tweets/search/stream',
    publisher: { publish: async (publication) => ({ duplicate: false, sequence: published.push(publication) }) },
    counters: followCounters(new Registry()),
    log: recordingLog().log,
    spans: new Spans((span) => told.push(span)),
    abandoning: new AbortController().signal,
  };
  const flow = new PostFlow(tools, null, () => {});
  const rules = { active: [], problems: [] } as unknown as Parameters<PostFlow['offer']>[1];
  for (const data of ['{"a":1}', '{"b":2}']) {
    expect(flow.offer({ kind: 'unreadable', data } as Parameters<PostFlow['offer']>[0], rules)).toBe(true);
  }
  await flow.flushed();
  expect(told).toHaveLength(2);
  for (const [index, span] of told.entries()) {
    expect(span).toMatchObject({ name: 'publish SOURCES.x', kind: 'producer', parent: undefined, failure: undefined });
    expect(span.step).toEqual(parseTraceparent(published[index]?.headers?.[HEADER.traceparent] ?? ''));
  }
  expect(told[0]?.step.traceId).not.toBe(told[1]?.step.traceId);
});

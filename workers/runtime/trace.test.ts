import { headers } from 'nats';
import { describe, expect, it } from 'vitest';
import { HEADER } from '../contract/subjects.ts';
import { childOf, formatTraceparent, newTrace, parseTraceparent, traceHeaders, traceOf } from './trace.ts';

const TRACE_ID = 'c0ffee00c0ffee00c0ffee00c0ffee01';
const SPAN_ID = 'feed00000000beef';
const VALUE = `00-${TRACE_ID}-${SPAN_ID}-01`;

const message = (...values: readonly string[]) => {
  const all = headers();
  for (const value of values) all.append(HEADER.traceparent, value);
  return { headers: all };
};

describe('a trace', () => {
  it('begins with ids of its own, as the header writes them', () => {
    const trace = newTrace();
    expect(formatTraceparent(trace)).toMatch(/^00-[\da-f]{32}-[\da-f]{16}-01$/);
    expect(newTrace().traceId).not.toBe(trace.traceId);
    expect(parseTraceparent(formatTraceparent(trace))).toEqual(trace);
  });

  it('goes on under the same id, with the same flags and another span', () => {
    const trace = { traceId: TRACE_ID, spanId: SPAN_ID, flags: '00' };
    const child = childOf(trace);
    expect(child).toEqual({ ...trace, spanId: expect.stringMatching(/^[\da-f]{16}$/) });
    expect(child.spanId).not.toBe(SPAN_ID);
    expect(parseTraceparent(traceHeaders(trace).traceparent ?? '')?.traceId).toBe(TRACE_ID);
  });

  it('is read from the header of a message, the first where there are several', () => {
    expect(traceOf(message(VALUE))).toEqual({ traceId: TRACE_ID, spanId: SPAN_ID, flags: '01' });
    expect(traceOf(message(VALUE, 'nonsense'))?.traceId).toBe(TRACE_ID);
    expect(traceOf(message())).toBeNull();
    expect(traceOf({})).toBeNull();
  });
});

describe('parseTraceparent', () => {
  it('reads a later version by the part that it knows', () => {
    expect(parseTraceparent(`cc-${TRACE_ID}-${SPAN_ID}-01-more`)).toEqual({
      traceId: TRACE_ID,
      spanId: SPAN_ID,
      flags: '01',
    });
    expect(parseTraceparent(` ${VALUE} `)?.traceId).toBe(TRACE_ID);
  });

  it.each([
    ['nothing', ''],
    ['a word', 'nonsense'],
    ['upper case', VALUE.toUpperCase()],
    ['the forbidden version', `ff-${TRACE_ID}-${SPAN_ID}-01`],
    ['more than version 00 has', `${VALUE}-more`],
    ['a later version that goes on without a dash', `cc-${TRACE_ID}-${SPAN_ID}-01more`],
    ['a trace id of zeros', `00-${'0'.repeat(32)}-${SPAN_ID}-01`],
    ['a span id of zeros', `00-${TRACE_ID}-${'0'.repeat(16)}-01`],
    ['a short trace id', `00-${TRACE_ID.slice(1)}-${SPAN_ID}-01`],
    ['a line after it', `${VALUE}\n00`],
  ])('takes no notice of %s', (_, value) => expect(parseTraceparent(value)).toBeNull());
});

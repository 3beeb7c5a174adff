import { describe, expect, it } from 'vitest';
import { formatLogLine, isAtLeast, isOfTrace, parseLogLine } from './log-line.ts';

const TRACE_ID = 'c0ffee00c0ffee00c0ffee00c0ffee01';
const time = '2026-03-02T08:00:00.000Z';
const line = (more: object) =>
  parseLogLine(
    JSON.stringify({ level: 'info', time, worker: 'papers-consumer', pid: 7, msg: 'read', ...more }),
    'file',
  );

describe('parseLogLine', () => {
  it('takes the message, its reason and everything else apart', () => {
    expect(line({ level: 'warn', reason: 'no', feed: 'world', sequence: 3 })).toEqual({
      worker: 'papers-consumer',
      time,
      level: 'warn',
      message: 'read',
      reason: 'no',
      fields: { pid: 7, feed: 'world', sequence: 3 },
    });
  });

  it.each(['Error: out of memory', '{"half": ', '[1]', 'null', '{"level":30,"time":1}', ''])(
    'leaves %j as it is, under the name of its file',
    (text) => {
      const plain = { worker: 'file', time, level: null, message: text, reason: '', fields: {} };
      expect(parseLogLine(text, 'file', time)).toEqual(plain);
    },
  );
});

describe('formatLogLine', () => {
  it('is one line to read, with what else there is to know behind it', () => {
    const local = new Date(time).toTimeString().slice(0, 8);
    const read = line({ feed: 'world', items: 2, title: 'two words', none: null, traceIds: ['a', 'b'] });
    expect(formatLogLine(read)).toBe(
      `${local} INFO  papers-consumer  read  feed=world items=2 title="two words" none=null traceIds=a,b`,
    );
    const failed = line({ level: 'error', reason: 'it broke', feed: 'world', sequence: 1 });
    expect(formatLogLine(failed, { brief: true })).toBe(`${local} ERROR papers-consumer  read: it broke  feed=world`);
    expect(formatLogLine(line({ level: 'warn' }), { color: true })).toContain('\u001b[33mWARN \u001b[0m');
    expect(formatLogLine(line({ stack: 'TypeError: x\n    at y' }))).toMatch(/ {2}read\nTypeError: x\n {4}at y$/);
  });

  it('never lets through what a terminal would act upon', () => {
    const hostile = '\u001b]0;mine\u0007\u001b[2J\u009b31m\r\nnext';
    const formatted = formatLogLine(
      line({ worker: hostile, msg: hostile, reason: hostile, feed: hostile, stack: hostile }),
    );
    expect(formatted.replaceAll('\n', '')).not.toMatch(/\p{Cc}/u);
    expect(formatted.split('\n')).toHaveLength(3);
  });
});

it('knows lines of a trace, by the beginning of its id or as one of several, and how grave they are', () => {
  expect(isOfTrace(line({ traceId: TRACE_ID }), TRACE_ID)).toBe(true);
  expect(isOfTrace(line({ traceId: TRACE_ID }), TRACE_ID.slice(0, 6))).toBe(true);
  expect(isOfTrace(line({ traceIds: ['other', TRACE_ID] }), TRACE_ID)).toBe(true);
  expect(isOfTrace(line({ traceId: TRACE_ID, traceIds: 5 }), 'feed')).toBe(false);
  expect(isOfTrace(line({}), TRACE_ID)).toBe(false);
  expect(isAtLeast(parseLogLine('warn', 'file'), 'debug')).toBe(false);
  expect(['debug', 'info', 'warn', 'error'].map((level) => isAtLeast(line({ level }), 'warn'))).toEqual([
    ...[false, false],
    ...[true, true],
  ]);
});

import { describe, expect, it } from 'vitest';
import { DISCONNECTS, plainProblem, TOO_MANY_CONNECTIONS } from '../newsroom/x/problems.ts';
import { readHttpProblem, readStreamProblem } from './problems.ts';
import { recoveryFrom } from './recovery.ts';
import { readStreamObject } from './stream-object.ts';

const http = (status: number, body: unknown, headers = {}) => readHttpProblem('/stream', status, headers, body);

describe('an answer of the API', () => {
  it('that another connection is open is a state of its own, with the API’s words', () => {
    const problem = http(429, TOO_MANY_CONNECTIONS.body);
    expect(problem).toMatchObject({ kind: 'tooManyConnections', status: 429 });
    expect(problem.message).toBe(
      'TooManyConnections: ConnectionException: This stream is currently at the maximum allowed connection limit.',
    );
    expect(recoveryFrom({ kind: 'problem', problem }, true)).toMatchObject({
      connection: 'tooManyConnections',
      ladder: 'rateLimit',
    });
  });

  it('that there were too many requests says when to come again', () => {
    expect(http(429, undefined, { 'x-rate-limit-reset': '1790000000' })).toEqual({
      kind: 'rateLimited',
      status: 429,
      message: '/stream: 429 Too Many Requests',
      resetAtMs: 1_790_000_000_000,
    });
    expect(http(503, {}, { 'retry-after': '30' }).resetAtMs).toBeGreaterThan(Date.now() + 29_000);
    expect(http(503, {}, { 'retry-after': 'soon' }).resetAtMs).toBeNull();
  });

  it('tells with every answer when the limit begins anew, which matters only when it is used up', () => {
    const headers = { 'x-rate-limit-reset': '1790000000' };
    expect(http(503, {}, headers).resetAtMs).toBeNull();
    const busy = (remaining: string) =>
      http(429, TOO_MANY_CONNECTIONS.body, { ...headers, 'x-rate-limit-remaining': remaining }).resetAtMs;
    expect([busy('49'), busy('0')]).toEqual([null, 1_790_000_000_000]);
  });

  it.each([401, 403])('that refuses the token (%i) waits for another', (status) => {
    const problem = http(status, plainProblem(status).body);
    expect(problem.kind).toBe('token');
    expect(problem.message).toContain(`/stream: ${status} `);
    expect(recoveryFrom({ kind: 'problem', problem }, false)).toEqual({ act: 'awaitToken' });
  });

  it('that is anything else is an HTTP error', () => {
    for (const body of [undefined, null, 7, [], { errors: 7 }, { errors: [null] }, { title: {} }]) {
      const problem = http(503, body);
      expect(problem).toMatchObject({ kind: 'other', message: '/stream: 503 Service Unavailable' });
      expect(recoveryFrom({ kind: 'problem', problem }, true)).toMatchObject({ ladder: 'http' });
    }
    expect(http(400, { errors: [{ message: 'no such\nfield' }], title: 'Invalid Request' }).message).toBe(
      '/stream: 400 Bad Request (Invalid Request: no such field)',
    );
    expect(http(400, { detail: 'x'.repeat(5_000) }).message.length).toBeLessThan(400);
  });
});

describe('a word of the stream about itself', () => {
  it('ends it, gently after data and like an error before', () => {
    for (const name of ['upstream', 'operational', 'slow'] as const) {
      const problem = readStreamProblem({ errors: [DISCONNECTS[name]] });
      expect(problem.kind).toBe('disconnect');
      expect(recoveryFrom({ kind: 'problem', problem }, true)).toMatchObject({ ladder: 'network' });
      expect(recoveryFrom({ kind: 'problem', problem }, false)).toMatchObject({ ladder: 'http' });
    }
  });

  it('that another connection took its place is TooManyConnections', () => {
    expect(readStreamProblem({ errors: [DISCONNECTS.forced] }).kind).toBe('tooManyConnections');
    expect(readStreamProblem(TOO_MANY_CONNECTIONS.body).kind).toBe('tooManyConnections');
  });

  it('may be only a remark', () => {
    expect(readStreamProblem({ errors: [{ title: 'Odd', detail: 'Something is odd.' }] })).toMatchObject({
      kind: 'other',
      message: 'the stream says: Odd: Something is odd.',
    });
  });
});

describe('a line of the stream', () => {
  it('is a post, also with errors about what could not be added to it', () => {
    const line = JSON.stringify({
      data: { id: '20', edit_history_tweet_ids: ['10', '20'] },
      matching_rules: [{ id: '1', tag: 't' }, { id: '2' }],
      errors: [{ title: 'Not Found' }],
    });
    expect(readStreamObject(line)).toEqual({
      kind: 'post',
      id: '20',
      firstId: '10',
      matchingRules: [
        { id: '1', tag: 't' },
        { id: '2', tag: '' },
      ],
      data: line,
    });
    expect(readStreamObject('{"data":{"id":"20"}}')).toMatchObject({ id: '20', firstId: '20', matchingRules: [] });
  });

  it.each(['{"data":', '7', 'null', '{}', '{"data":{"id":20}}', '{"errors":[]}'])('may be none of ours: %s', (line) => {
    expect(readStreamObject(line)).toEqual({ kind: 'unreadable', data: line });
  });
});

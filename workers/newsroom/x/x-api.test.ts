import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ask, connect, until } from './testing/x-client.ts';
import { startXSimulator, type XSimulator } from './x-simulator.ts';

const STREAM = '/2/tweets/search/stream';
const TYPE = 'https://api.twitter.com/2/problems';
let now = 0;
let x: XSimulator;

beforeEach(async () => {
  now = Date.UTC(2025, 10, 22, 12, 0, 0, 500);
  x = await startXSimulator({ now: () => now });
  x.addRules([{ value: 'tram' }]);
});
afterEach(() => x.close());

describe('authentication', () => {
  it.each([
    ['no token', {}, 401, 'Unauthorized'],
    ['another token', { authorization: 'Bearer another' }, 401, 'Unauthorized'],
    ['a password', { authorization: 'Basic bmV3c3Jvb20=' }, 401, 'Unauthorized'],
    ['a user’s signature', { authorization: 'OAuth oauth_token="a"' }, 403, 'Unsupported Authentication'],
  ])('refuses %s', async (_, headers, status, title) => {
    for (const path of [STREAM, `${STREAM}/rules`, '/2/tweets/search/recent?query=tram']) {
      const answer = await ask(x.url, path, { headers: headers as Record<string, string> });
      expect([answer.status, answer.body.title], path).toEqual([status, title]);
      expect(answer.headers.get('content-type')).toContain('application/problem+json');
    }
  });

  it('has the documented body of a 401', async () => {
    const { body } = await ask(x.url, STREAM, { headers: {} });
    expect(body).toEqual({ title: 'Unauthorized', detail: 'Unauthorized', type: 'about:blank', status: 401 });
  });

  it('accepts other tokens when told to, and leaves open streams open', async () => {
    const stream = await connect(x.url);
    x.acceptTokens(['second']);
    expect((await ask(x.url, `${STREAM}/rules`)).status).toBe(401);
    expect((await ask(x.url, `${STREAM}/rules`, { headers: { authorization: 'Bearer second' } })).status).toBe(200);
    x.publish({ text: 'tram' });
    await until(() => stream.objects.length === 1);
  });
});

describe('connections', () => {
  it('are one at a time, and counted', async () => {
    const first = await connect(x.url);
    const { status, body } = await ask(x.url, STREAM);
    expect(status).toBe(429);
    expect(body).toEqual({
      title: 'ConnectionException',
      detail: 'This stream is currently at the maximum allowed connection limit.',
      connection_issue: 'TooManyConnections',
      type: `${TYPE}/streaming-connection`,
    });
    expect(x.connections).toEqual({ open: 1, ever: 1, mostAtOnce: 1 });
    await first.close();
    await until(() => x.connections.open === 0);
    expect((await connect(x.url)).status).toBe(200);
    expect(x.connections).toEqual({ open: 1, ever: 2, mostAtOnce: 1 });
  });

  it('need a rule', async () => {
    const bare = await startXSimulator();
    try {
      const { status, body } = await ask(bare.url, STREAM);
      expect([status, body.connection_issue]).toEqual([409, 'RuleConfigurationIssue']);
    } finally {
      await bare.close();
    }
  });

  it('end in good order', async () => {
    const stream = await connect(x.url);
    x.publish({ text: 'tram' });
    x.disconnect();
    await until(() => stream.ended !== undefined);
    expect([stream.ended, stream.objects.length]).toEqual(['clean', 1]);
    expect((await connect(x.url)).status).toBe(200);
  });

  it.each(['abrupt', 'torn'] as const)('break off: %s', async (how) => {
    const stream = await connect(x.url);
    x.publish({ text: 'tram' });
    await until(() => stream.objects.length === 1);
    x.disconnect(how);
    await until(() => stream.ended !== undefined);
    expect(stream.ended).toBe('broken');
    expect(stream.text.endsWith('\r\n')).toBe(how === 'abrupt');
  });

  it('end with an error object before', async () => {
    const stream = await connect(x.url);
    x.disconnect({ error: 'upstream' });
    await until(() => stream.ended !== undefined);
    expect([stream.ended, stream.objects]).toEqual([
      'clean',
      [
        {
          errors: [
            {
              title: 'operational-disconnect',
              disconnect_type: 'UpstreamOperationalDisconnect',
              detail: 'This stream has been disconnected upstream for operational reasons.',
              type: `${TYPE}/operational-disconnect`,
            },
          ],
        },
      ],
    ]);
  });

  it('end with the simulator', async () => {
    const stream = await connect(x.url);
    await x.close();
    await until(() => stream.ended !== undefined);
    await expect(connect(x.url)).rejects.toThrow();
  });
});

describe('rate limits', () => {
  it('are said in every answer, and start anew after a quarter of an hour', async () => {
    const reset = String(Math.ceil((now + 900_000) / 1_000));
    for (let used = 1; used <= 50; used++) {
      const stream = await connect(x.url);
      expect(stream.status).toBe(200);
      expect(stream.headers['x-rate-limit-limit']).toBe('50');
      expect(stream.headers['x-rate-limit-remaining']).toBe(String(50 - used));
      expect(stream.headers['x-rate-limit-reset']).toBe(reset);
      x.disconnect();
      await until(() => stream.ended !== undefined);
    }
    const { status, headers, body } = await ask(x.url, STREAM);
    expect([status, headers.get('x-rate-limit-remaining'), headers.get('x-rate-limit-reset')]).toEqual([
      429,
      '0',
      reset,
    ]);
    expect(body).toEqual({ title: 'Too Many Requests', detail: 'Too Many Requests', type: 'about:blank', status: 429 });
    // Each endpoint has a limit of its own.
    expect((await ask(x.url, `${STREAM}/rules`)).headers.get('x-rate-limit-remaining')).toBe('449');
    now = Number(reset) * 1_000;
    expect((await connect(x.url)).headers['x-rate-limit-remaining']).toBe('49');
  });

  it('can be others', async () => {
    x.limit('search', 1);
    expect((await ask(x.url, '/2/tweets/search/recent?query=tram')).status).toBe(200);
    expect((await ask(x.url, '/2/tweets/search/recent?query=tram')).status).toBe(429);
  });
});

describe('failures on demand', () => {
  it('are answered one after another, then no more', async () => {
    x.failNext('stream', { status: 503, times: 2 });
    x.failNext('stream', { status: 429 });
    x.failNext('stream', { status: 403 });
    const titles = [];
    for (let each = 0; each < 4; each++) titles.push((await ask(x.url, STREAM)).body.title);
    expect(titles).toEqual(['Service Unavailable', 'Service Unavailable', 'Too Many Requests', 'Client Forbidden']);
    expect((await connect(x.url)).status).toBe(200);
    expect(x.requests.map(({ status }) => status)).toEqual([503, 503, 429, 403, 200]);
  });

  it('have the headers and body that they are given', async () => {
    x.failNext('search', { status: 429, headers: { 'x-rate-limit-reset': '7' }, body: { a: 1 } });
    const { headers, body } = await ask(x.url, '/2/tweets/search/recent?query=tram');
    expect([headers.get('x-rate-limit-remaining'), headers.get('x-rate-limit-reset'), body]).toEqual([
      '0',
      '7',
      { a: 1 },
    ]);
  });

  it('can be no answer at all', async () => {
    x.failNext('rules', { status: 'reset' });
    await expect(ask(x.url, `${STREAM}/rules`)).rejects.toThrow();
    x.failNext('rules', { status: 503, times: Number.POSITIVE_INFINITY });
    expect((await ask(x.url, `${STREAM}/rules`)).status).toBe(503);
    expect((await ask(x.url, `${STREAM}/rules`)).status).toBe(503);
    x.stopFailing();
    expect((await ask(x.url, `${STREAM}/rules`)).status).toBe(200);
  });
});

describe('other paths and methods', () => {
  it('are 404 and 405', async () => {
    expect((await ask(x.url, '/2/tweets')).status).toBe(404);
    expect((await ask(x.url, STREAM, { method: 'POST', body: '{}' })).status).toBe(405);
  });
});

describe('the log', () => {
  it('has every request and no token', async () => {
    await ask(x.url, `${STREAM}/rules?dry_run=true`, {
      method: 'POST',
      body: '{"add":[{"value":"ferry"}]}',
      headers: { authorization: 'Bearer newsroom', 'user-agent': 'a reader' },
    });
    expect(x.requests).toEqual([
      {
        at: now,
        endpoint: 'ruleChanges',
        method: 'POST',
        path: `${STREAM}/rules`,
        parameters: { dry_run: 'true' },
        authorization: 'accepted',
        userAgent: 'a reader',
        body: '{"add":[{"value":"ferry"}]}',
        status: 201,
      },
    ]);
  });
});

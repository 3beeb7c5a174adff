import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { PLANNED_SECRETS } from '../runtime/testing/secret-plan.ts';
import { ApiServer } from './testing/api-server.ts';
import { failureAt, runAt, warnings } from './testing/runs.ts';

/** Long enough for any answer of a busy machine. */
const REQUEST_TIMEOUT_MS = 3_000;
let server: ApiServer;

beforeAll(async () => {
  server = await ApiServer.start();
});
beforeEach(() => server.reset());
afterAll(() => server.stop());

describe('an API server in trouble', () => {
  it.each([
    ['503', { code: 503, message: 'the server is overloaded' }, 'the server is overloaded'],
    ['429', { code: 429, message: 'too many requests' }, 'too many requests'],
    ['a closed connection', 'hang up', 'socket hang up'],
    ['no answer', 'silence', `no answer within ${REQUEST_TIMEOUT_MS} ms`],
    ['half an answer', 'garbage', 'the answer is not JSON'],
  ] as const)('is asked again after %s', async (_, answer, reason) => {
    server.trouble({ call: /^GET newsjet-ca/, times: 2, answer });
    const requestTimeoutMs = answer === 'silence' ? REQUEST_TIMEOUT_MS : 10_000;
    const result = await runAt(server, { requestTimeoutMs });
    expect([...server.secrets.keys()]).toEqual(PLANNED_SECRETS);
    expect(warnings(result).map(({ msg, attempts }) => [msg, attempts])).toEqual([
      ["can't get the Secret newsjet-ca yet", 1],
      ["can't get the Secret newsjet-ca yet", 2],
    ]);
    expect(String(warnings(result)[0]?.reason)).toContain(
      answer === 'hang up' ? 'socket hang up' : reason.replace('503', 'overloaded'),
    );
  });

  it.each([
    ['GET newsjet-ca', 'the service account needs a Role that allows "get" on secrets named newsjet-ca'],
    ['POST mongodb-tls', 'the service account needs a Role that allows "create" on secrets'],
  ])('names the permission that is missing for %s', async (call, permission) => {
    server.trouble({
      call: new RegExp(call),
      times: 99,
      answer: { code: 403, message: 'secrets is forbidden: User "x"' },
    });
    const message = await failureAt(server);
    expect(message).toContain(`in namespace newsjet (403: secrets is forbidden: User "x"): ${permission}`);
    expect(server.calls.filter((made) => made === call)).toHaveLength(1);
  });

  it('says that there is no such namespace', async () => {
    expect(await failureAt(server, { namespace: 'elsewhere' })).toBe(
      'the API server refuses to create the Secret newsjet-ca in namespace elsewhere (404: namespaces "elsewhere" not found): ' +
        'create the namespace first, or set NAMESPACE to the one that is meant',
    );
  });

  it('says that it is not let in', async () => {
    expect(await failureAt(server, { token: 'another' })).toContain(
      'it does not accept the token or certificate of this process',
    );
  });

  it('gives up on what will never pass', async () => {
    server.trouble({ call: /POST mongodb-root/, times: 99, answer: { code: 422, message: 'Secret is invalid' } });
    expect(await failureAt(server)).toContain(
      'create the Secret mongodb-root in namespace newsjet (422: Secret is invalid)',
    );
  });
});

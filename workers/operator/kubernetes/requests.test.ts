// What the client makes of an API server in trouble.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { waitFor } from '../../../local/wait.ts';
import { StoppingError } from '../../runtime/errors.ts';
import { KubernetesClient } from './client.ts';
import {
  AlreadyExistsError,
  ConflictError,
  ForbiddenError,
  GoneError,
  KubernetesError,
  NotFoundError,
  RejectedError,
  ThrottledError,
  TransientError,
} from './errors.ts';
import { RateLimiter } from './rate-limit.ts';
import { defineResource } from './resource.ts';
import { ManualClock, settle } from './testing/manual-clock.ts';
import { failure, refuse, ScriptedServer } from './testing/scripted-server.ts';

const DEPLOYMENTS = defineResource({ group: 'apps', version: 'v1', plural: 'deployments', kind: 'Deployment' });
const SECRETS = defineResource({ group: '', version: 'v1', plural: 'secrets', kind: 'Secret' });
const AT = { namespace: 'newsjet', name: 'a' };
/** What a request is given where no answer is to come; elsewhere it is given the usual time, for this process may be held up. */
const IMPATIENT_MS = 500;
const SOON_MS = 60_000;
const { signal } = new AbortController();

let server: ScriptedServer;
let client: KubernetesClient;
let impatient: KubernetesClient;

beforeAll(async () => {
  server = await ScriptedServer.start();
  client = new KubernetesClient({ access: server.access });
  impatient = new KubernetesClient({ access: server.access, requestTimeoutMs: IMPATIENT_MS });
});
afterAll(async () => {
  client.close();
  impatient.close();
  await server.stop();
});

describe('a refusal', () => {
  it.each([
    [404, 'NotFound', NotFoundError],
    [409, 'Conflict', ConflictError],
    [409, 'AlreadyExists', AlreadyExistsError],
    [410, 'Expired', GoneError],
    [429, 'TooManyRequests', ThrottledError],
    [403, 'Forbidden', ForbiddenError],
    [401, 'Unauthorized', RejectedError],
    [422, 'Invalid', RejectedError],
    [408, 'Timeout', TransientError],
    [500, 'InternalError', TransientError],
    [503, 'ServiceUnavailable', TransientError],
  ])('%i %s is a failure of its own', async (code, reason, type) => {
    server.answer(refuse(code, { reason, message: 'so it is' }, { 'retry-after': code === 429 ? '0' : '' }));
    const error = await failure(client.get(DEPLOYMENTS, AT, { signal }));
    expect(error).toBeInstanceOf(KubernetesError);
    expect(error.constructor).toBe(type);
    expect(error.message).toContain(`can't get deployments.apps newsjet/a (${code} ${reason}: so it is)`);
  });

  it('names the permission that is missing, down to the subresource', async () => {
    server.answer(refuse(403, { reason: 'Forbidden', message: 'no' }));
    const error = await failure(client.setScale(DEPLOYMENTS, AT, 3, { signal }));
    expect(error.message).toContain('needs a Role that allows "patch" on deployments.apps/scale');
  });

  it('is never quoted whole', async () => {
    server.answer(refuse(422, { message: 'x'.repeat(5_000), details: 'hunter2' }));
    const { message } = await failure(client.get(DEPLOYMENTS, AT, { signal }));
    expect(message.length).toBeLessThan(500);
    expect(message).not.toContain('hunter2');
  });

  it('of a Secret is not quoted at all', async () => {
    server.answer(refuse(422, { reason: 'Invalid', message: 'Invalid value: "hunter2"' }));
    const { message } = await failure(client.create(SECRETS, { metadata: AT }, { signal }));
    expect(message).toBe("can't create secrets newsjet (422 Invalid)");
  });

  it.each(['<html>', '"text"', '', 'null'])('that is no Status, %j, is one all the same', async (body) => {
    server.answer((response) => response.writeHead(502).end(body));
    const error = await failure(client.get(DEPLOYMENTS, AT, { signal }));
    expect(error).toBeInstanceOf(TransientError);
    expect(error.message).toContain('(502: no reason given)');
  });
});

describe('no answer', () => {
  it.each([
    ['silence', () => {}],
    ['half an answer', (response: { write: (text: string) => void }) => response.write('{"metadata":')],
  ])('after %s is transient', async (_, answer) => {
    server.answer(answer);
    const error = await failure(impatient.get(SECRETS, AT, { signal }));
    expect(error).toBeInstanceOf(TransientError);
    expect(error.message).toBe("can't get secrets newsjet/a: no answer within 500 ms");
  });

  it.each([
    ['a broken connection', (response: { destroy: () => void }) => response.destroy(), 'socket hang up'],
    [
      'what is not JSON',
      (response: { end: (text: string) => void }) => response.end('hunter2'),
      'the answer is not JSON',
    ],
  ])('after %s is transient', async (_, answer, reason) => {
    server.answer(answer);
    const error = await failure(client.get(SECRETS, AT, { signal }));
    expect(error).toBeInstanceOf(TransientError);
    expect(error.message).toBe(`can't get secrets newsjet/a: ${reason}`);
  });

  it('is not waited for when the caller has enough', async () => {
    server.answer(() => {});
    const enough = new AbortController();
    const asked = failure(client.get(SECRETS, AT, { signal: enough.signal }));
    await waitFor('the request', SOON_MS, () => server.requests.length === 1, 0);
    enough.abort();
    expect(await asked).toBeInstanceOf(StoppingError);
  });

  it('to a watch is transient', async () => {
    server.answer(() => {});
    const events = impatient.watch(DEPLOYMENTS, { resourceVersion: '1', timeoutSeconds: 30, signal });
    expect((await failure(events.next())).message).toBe("can't watch deployments.apps: no answer within 500 ms");
  });
});

it('holds all requests for as long as the API server asks', async () => {
  const clock = new ManualClock();
  const throttled = new KubernetesClient({ access: server.access, limiter: new RateLimiter({ clock }) });
  server.answer(refuse(429, { message: 'slow down' }, { 'retry-after': '3' }));
  expect(await failure(throttled.get(DEPLOYMENTS, AT, { signal }))).toMatchObject({ retryAfterMs: 3_000 });
  server.answer((response) => response.end('{"metadata":{"name":"a"}}'));
  const next = throttled.get(DEPLOYMENTS, AT, { signal });
  await clock.advance(2_999);
  await settle();
  expect(server.requests).toEqual([]);
  await clock.advance(1);
  expect((await next).metadata.name).toBe('a');
  throttled.close();
});

it('tells of each request how it ended', async () => {
  const told: string[] = [];
  const watch = (requestTimeoutMs: number): KubernetesClient =>
    new KubernetesClient({
      access: server.access,
      requestTimeoutMs,
      onRequest: ({ verb, resource, subresource }, status) =>
        told.push(`${verb} ${resource.plural} ${subresource} ${status}`),
    });
  const [watched, hasty] = [watch(SOON_MS), watch(200)];
  server.answer(refuse(404, {}));
  await failure(watched.getScale(DEPLOYMENTS, AT, { signal }));
  server.answer(() => {});
  await failure(hasty.delete(DEPLOYMENTS, AT, { signal }));
  expect(told).toEqual(['get deployments scale 404', 'delete deployments undefined 0']);
  watched.close();
  hasty.close();
});

// What becomes of a watch when its API server or the network is in trouble.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { waitFor } from '../../../local/wait.ts';
import { KubernetesClient } from './client.ts';
import { GoneError, TransientError } from './errors.ts';
import { defineResource } from './resource.ts';
import { failure, ScriptedServer } from './testing/scripted-server.ts';

const DEPLOYMENTS = defineResource({ group: 'apps', version: 'v1', plural: 'deployments', kind: 'Deployment' });
/** Of a watch, how long until it begins: enough for this process to be held up. */
const REQUEST_TIMEOUT_MS = 2_000;
const SOON_MS = 60_000;
const { signal } = new AbortController();

let server: ScriptedServer;
let client: KubernetesClient;

beforeAll(async () => {
  server = await ScriptedServer.start();
  client = new KubernetesClient({ access: server.access, requestTimeoutMs: REQUEST_TIMEOUT_MS });
});
afterAll(async () => {
  client.close();
  await server.stop();
});

describe('a watch', () => {
  const watch = () =>
    client.watch(DEPLOYMENTS, { namespace: 'newsjet', resourceVersion: '7', timeoutSeconds: 30, signal });

  it('may last longer than a request, and puts together what comes in pieces', async () => {
    const line = `${JSON.stringify({ type: 'ADDED', object: { metadata: { name: 'é' } } })}\n`;
    const bytes = Buffer.from(line);
    server.answer((response) => {
      response.write(bytes.subarray(0, bytes.indexOf(0xc3) + 1));
      const rest = Buffer.concat([bytes.subarray(bytes.indexOf(0xc3) + 1), bytes]);
      setTimeout(() => response.end(rest), REQUEST_TIMEOUT_MS + 100);
    });
    const names: string[] = [];
    for await (const { object } of watch()) names.push(object.metadata.name);
    expect(names).toEqual(['é', 'é']);
    expect(server.requests[0]).toBe(
      'GET /apis/apps/v1/namespaces/newsjet/deployments?watch=true&allowWatchBookmarks=true&resourceVersion=7&timeoutSeconds=30',
    );
  });

  it.each([
    [{ type: 'ERROR', object: { code: 410, reason: 'Expired', message: 'too old' } }, GoneError],
    [{ type: 'ERROR', object: { code: 500, message: 'etcd' } }, TransientError],
    ['hunter2', TransientError],
  ])('that brings %j fails', async (event, type) => {
    server.answer((response) => response.write(`${JSON.stringify(event)}\n`));
    const error = await failure(watch().next());
    expect(error.constructor).toBe(type);
    expect(error.message).not.toContain('hunter2');
  });

  it('whose connection breaks fails', async () => {
    let destroy = (): void => {};
    server.answer((response) => {
      destroy = () => response.destroy();
      response.write(`${JSON.stringify({ type: 'ADDED', object: { metadata: { name: 'a' } } })}\n`);
    });
    const events = watch();
    expect((await events.next()).value?.type).toBe('ADDED');
    destroy();
    expect(await failure(events.next())).toBeInstanceOf(TransientError);
  });

  it('leaves no connection behind when nobody listens any more', async () => {
    let closed = false;
    server.answer((response) => {
      response.once('close', () => {
        closed = true;
      });
      response.write(`${JSON.stringify({ type: 'ADDED', object: { metadata: { name: 'a' } } })}\n`);
    });
    for await (const _ of watch()) break;
    await waitFor('its end', SOON_MS, () => closed);
  });
});

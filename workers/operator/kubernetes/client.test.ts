// The client against a real API server.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { API_SERVER_TIMEOUT_MS } from '../../../test/support/api-server/shared.ts';
import type { KubernetesClient } from './client.ts';
import { AlreadyExistsError, ConflictError, GoneError, NotFoundError, RejectedError } from './errors.ts';
import type { KubernetesObject } from './object.ts';
import { defineResource, type Resource } from './resource.ts';
import { ApiBench, CONFIG_MAPS, type ConfigMap, type Widget } from './testing/api-bench.ts';

interface Deployment extends KubernetesObject {
  readonly spec: { readonly replicas?: number; readonly [field: string]: unknown };
}

const DEPLOYMENTS = defineResource<Deployment>({
  group: 'apps',
  version: 'v1',
  plural: 'deployments',
  kind: 'Deployment',
});
const { signal } = new AbortController();

let bench: ApiBench;
let client: KubernetesClient;
let namespace: string;
let widgets: Resource<Widget>;

beforeAll(async () => {
  bench = await ApiBench.start('client');
  client = await bench.client();
  namespace = bench.namespace;
  widgets = await bench.defineWidgets();
}, API_SERVER_TIMEOUT_MS);
afterAll(() => bench?.stop());

const at = (name: string) => ({ namespace, name });

function deployment(name: string): Deployment {
  const labels = { app: name };
  const containers = [{ name: 'main', image: 'example.test/none:1' }];
  const template = { metadata: { labels }, spec: { containers } };
  return { metadata: at(name), spec: { replicas: 2, selector: { matchLabels: labels }, template } };
}

describe('objects', () => {
  it('are created, read, changed and deleted', async () => {
    const created = await client.create(CONFIG_MAPS, bench.configMap('a', { one: '1', two: '2' }), { signal });
    expect(await client.get(CONFIG_MAPS, at('a'), { signal })).toEqual(created);
    await expect(client.create(CONFIG_MAPS, bench.configMap('a'), { signal })).rejects.toThrow(AlreadyExistsError);
    const changed = await client.patch(CONFIG_MAPS, at('a'), { data: { one: null, three: '3' } }, { signal });
    expect(changed.data).toEqual({ two: '2', three: '3' });
    await expect(client.replace(CONFIG_MAPS, { ...created, data: {} }, { signal })).rejects.toThrow(ConflictError);
    const stale = { metadata: { resourceVersion: created.metadata.resourceVersion }, data: {} };
    await expect(client.patch(CONFIG_MAPS, at('a'), stale, { signal })).rejects.toThrow(ConflictError);
    expect((await client.replace(CONFIG_MAPS, { ...changed, data: { four: '4' } }, { signal })).data).toEqual({
      four: '4',
    });
    const another = '00000000-0000-0000-0000-000000000000';
    await expect(client.delete(CONFIG_MAPS, at('a'), { signal, uid: another })).rejects.toThrow(ConflictError);
    await client.delete(CONFIG_MAPS, at('a'), { signal, uid: created.metadata.uid as string });
    await expect(client.get(CONFIG_MAPS, at('a'), { signal })).rejects.toThrow(NotFoundError);
  });

  it('are listed, however many, or those with a label', async () => {
    const eager = await bench.client();
    const names = Array.from({ length: 30 }, (_, index) => `many-${index}`);
    for (const name of names) {
      const labels = { parity: Number(name.slice(5)) % 2 ? 'odd' : 'even' };
      await eager.create(CONFIG_MAPS, { ...bench.configMap(name), metadata: { ...at(name), labels } }, { signal });
    }
    const { items, metadata } = await client.list(CONFIG_MAPS, { namespace, signal });
    expect(items.map(({ metadata: { name } }) => name)).toEqual(expect.arrayContaining(names));
    expect(metadata.resourceVersion).toMatch(/^\d+$/);
    const odd = await client.list(CONFIG_MAPS, { namespace, labelSelector: 'parity=odd', signal });
    expect(odd.items).toHaveLength(15);
  });

  it('are applied: fields of others stay as they are', async () => {
    const metadata = at('applied');
    const first = await client.apply<ConfigMap>(CONFIG_MAPS, { metadata, data: { ours: '1', gone: '1' } }, { signal });
    expect(first.data).toEqual({ ours: '1', gone: '1' });
    const other = await bench.client({ fieldManager: 'somebody' });
    await other.apply<ConfigMap>(CONFIG_MAPS, { metadata, data: { theirs: '1' } }, { signal });
    const second = await client.apply<ConfigMap>(CONFIG_MAPS, { metadata, data: { ours: '2' } }, { signal });
    expect(second.data).toEqual({ ours: '2', theirs: '1' });
  });

  it('that are invalid are refused, with the reason', async () => {
    const invalid = client.create(CONFIG_MAPS, bench.configMap('Not_A_Name'), { signal });
    await expect(invalid).rejects.toThrow(RejectedError);
    await expect(invalid).rejects.toThrow('(422 Invalid: ConfigMap "Not_A_Name" is invalid');
  });
});

it('writes the scale of a Deployment, and only on what was read', async () => {
  await client.create(DEPLOYMENTS, deployment('worker'), { signal });
  const scale = await client.getScale(DEPLOYMENTS, at('worker'), { signal });
  expect(scale.spec.replicas).toBe(2);
  const resourceVersion = scale.metadata.resourceVersion as string;
  expect((await client.setScale(DEPLOYMENTS, at('worker'), 5, { signal, resourceVersion })).spec.replicas).toBe(5);
  await expect(client.setScale(DEPLOYMENTS, at('worker'), 9, { signal, resourceVersion })).rejects.toThrow(
    ConflictError,
  );
  expect((await client.setScale(DEPLOYMENTS, at('worker'), 0, { signal })).spec.replicas ?? 0).toBe(0);
  expect((await client.get(DEPLOYMENTS, at('worker'), { signal })).spec.replicas).toBe(0);
});

it('knows custom resources, whose status is written apart', async () => {
  await client.create(widgets, { metadata: at('w'), spec: { size: 1 } }, { signal });
  const { metadata } = await client.patch(widgets, at('w'), { spec: { size: 2 }, status: { ready: true } }, { signal });
  expect(metadata.generation).toBe(2);
  const status = { ready: true, observedGeneration: 2 };
  const patched = await client.patchStatus(widgets, at('w'), status, { signal });
  expect([patched.spec, patched.status, patched.metadata.generation]).toEqual([{ size: 2 }, status, 2]);
  const stale = { signal, resourceVersion: metadata.resourceVersion as string };
  await expect(client.patchStatus(widgets, at('w'), { ready: null }, stale)).rejects.toThrow(ConflictError);
});

describe('watch', () => {
  it('tells what happens, until its time is over', async () => {
    const { metadata } = await client.list(CONFIG_MAPS, { namespace, signal });
    const options = { namespace, resourceVersion: metadata.resourceVersion, signal };
    const told: string[] = [];
    const watching = (async () => {
      for await (const { type, object } of client.watch(CONFIG_MAPS, { ...options, timeoutSeconds: 60 })) {
        if (type !== 'BOOKMARK') told.push(`${type} ${object.metadata.name}`);
        if (type === 'DELETED') break;
      }
    })();
    await client.create(CONFIG_MAPS, bench.configMap('seen'), { signal });
    await client.patch(CONFIG_MAPS, at('seen'), { data: { a: 'b' } }, { signal });
    await client.delete(CONFIG_MAPS, at('seen'), { signal });
    await watching;
    expect(told).toEqual(['ADDED seen', 'MODIFIED seen', 'DELETED seen']);
    const again: string[] = [];
    for await (const { type } of client.watch(CONFIG_MAPS, { ...options, timeoutSeconds: 1 })) again.push(type);
    expect(again.slice(0, 3)).toEqual(['ADDED', 'MODIFIED', 'DELETED']);
  });

  it('can not go on from a version that is too old', async () => {
    const events = client.watch(widgets, { namespace, resourceVersion: '1', timeoutSeconds: 3, signal });
    await expect(events.next()).rejects.toThrow(GoneError);
  });
});

it('asks again when the connection that it kept was closed', async () => {
  const proxy = await bench.proxy();
  const kept = await bench.client({ proxy });
  await kept.list(CONFIG_MAPS, { namespace, signal });
  await kept.list(CONFIG_MAPS, { namespace, signal });
  expect(proxy.accepted).toBe(1);
  proxy.cut();
  await kept.list(CONFIG_MAPS, { namespace, signal });
  expect(proxy.accepted).toBe(2);
});

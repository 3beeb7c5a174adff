// A watcher against a real API server, through networks that fail.
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { waitFor } from '../../../local/wait.ts';
import type { TcpProxy } from '../../../test/support/api-server/proxy.ts';
import { API_SERVER_TIMEOUT_MS } from '../../../test/support/api-server/shared.ts';
import { type Line, recordingLog } from '../../runtime/testing/log.ts';
import type { KubernetesClient } from './client.ts';
import { type Clock, SYSTEM_CLOCK } from './clock.ts';
import { ApiBench, CONFIG_MAPS, type ConfigMap } from './testing/api-bench.ts';
import { Watcher, type WatcherOptions } from './watcher.ts';

const SOON_MS = 60_000;
/** Short, since whoever finds a connection dead has waited for so long; but enough for an API server that is busy. */
const REQUEST_TIMEOUT_MS = 3_000;
const LONG_MS = 600_000;
const { signal } = new AbortController();

interface Watching {
  readonly watcher: Watcher<ConfigMap>;
  readonly changes: string[];
  readonly lines: readonly Line[];
}

let bench: ApiBench;
let prefix = 0;
const endings: (() => Promise<void>)[] = [];

beforeAll(async () => {
  bench = await ApiBench.start('watcher');
}, API_SERVER_TIMEOUT_MS);
afterAll(() => bench?.stop());
afterEach(async () => {
  for (const end of endings.splice(0)) await end();
});

async function start(
  client: Pick<KubernetesClient, 'list' | 'watch'>,
  options: Partial<WatcherOptions<ConfigMap>> = {},
): Promise<Watching> {
  prefix += 1;
  const { log, lines } = recordingLog();
  const changes: string[] = [];
  const watcher = new Watcher({
    ...{ client, resource: CONFIG_MAPS, namespace: bench.namespace, log, maxDelayMs: 500 },
    labelSelector: `test=${prefix}`,
    onChange: (key, change) => changes.push(`${change} ${key.split('/')[1]}`),
    ...options,
  });
  const stop = new AbortController();
  const running = watcher.run(stop.signal);
  endings.push(async () => {
    stop.abort();
    await running;
  });
  await waitFor('the first list', SOON_MS, () => watcher.synced.then(() => true));
  return { watcher, changes, lines };
}

/** Of the test that runs. */
const at = (name: string) => ({ namespace: bench.namespace, name: `${name}-${prefix}` });

async function create(name: string): Promise<void> {
  const metadata = { ...at(name), labels: { test: String(prefix) } };
  await bench.admin.create(CONFIG_MAPS, { metadata, data: {} }, { signal });
}
const update = (name: string) => bench.admin.patch(CONFIG_MAPS, at(name), { data: { changed: 'yes' } }, { signal });
const remove = (name: string) => bench.admin.delete(CONFIG_MAPS, at(name), { signal });

/** Waits for changes to have been told, by the names that the test gave. */
async function told({ changes }: Watching, expected: readonly string[]): Promise<void> {
  const names = expected.map((change) => `${change}-${prefix}`);
  await waitFor(`changes ${names} (told: ${changes})`, SOON_MS, () => names.every((name) => changes.includes(name)));
  expect(changes.filter((change) => names.includes(change))).toEqual(names);
}

async function throughProxy(options: Partial<WatcherOptions<ConfigMap>>): Promise<Watching & { proxy: TcpProxy }> {
  const proxy = await bench.proxy();
  const client = await bench.client({ proxy, requestTimeoutMs: REQUEST_TIMEOUT_MS });
  return { ...(await start(client, options)), proxy };
}

/** The watch is up, and not only the list. */
async function settled(watching: Watching): Promise<void> {
  await create('first');
  await told(watching, ['added first']);
}

it('tells what is there and what happens, and knows it all', async () => {
  prefix += 1;
  await create('a');
  prefix -= 1;
  const watching = await start(bench.admin, { relistMs: LONG_MS });
  await told(watching, ['added a']);
  await create('b');
  await update('a');
  await remove('b');
  await told(watching, ['added a', 'added b', 'updated a', 'deleted b']);
  const { watcher } = watching;
  expect(watcher.all().map(({ metadata }) => metadata.name)).toEqual([at('a').name]);
  expect(watcher.get(`${bench.namespace}/${at('a').name}`)?.data).toEqual({ changed: 'yes' });
  expect(watcher.ageMs).toBeGreaterThan(0);
  expect(watching.lines).toEqual([]);
});

it('finds by a list what a watch that went silent does not tell', async () => {
  const watching = await throughProxy({ relistMs: 3_000 });
  await settled(watching);
  await create('second');
  await told(watching, ['added second']);
  watching.proxy.cutSilently();
  await create('third');
  await update('first');
  await remove('second');
  // The connection is still open: nobody has been told that it is dead.
  // Lists tell their findings in an order of their own, and one may come between the changes.
  for (const change of ['added third', 'updated first', 'deleted second']) await told(watching, [change]);
  await create('fourth');
  await told(watching, ['added fourth']);
});

it('lists again at once when the version is too old to watch from', async () => {
  const resource = await bench.defineWidgets();
  const { admin, namespace } = bench;
  const { log, lines } = recordingLog();
  const versions: string[] = [];
  const client: Pick<KubernetesClient, 'list' | 'watch'> = {
    list: (kind, options) => admin.list(kind, options),
    watch: (kind, options) => {
      versions.push(options.resourceVersion);
      return admin.watch(kind, versions.length === 1 ? { ...options, resourceVersion: '1' } : options);
    },
  };
  const stop = new AbortController();
  const changes: string[] = [];
  const watcher = new Watcher({
    client,
    resource,
    namespace,
    log,
    onChange: (key) => changes.push(key),
    relistMs: LONG_MS,
  });
  const running = watcher.run(stop.signal);
  await waitFor('another watch', SOON_MS, () => versions.length === 2);
  await admin.create(resource, { metadata: { namespace, name: 'w' } }, { signal });
  await waitFor('the change', SOON_MS, () => changes.includes(`${namespace}/w`));
  expect(lines).toMatchObject([{ level: 20, msg: 'the version to watch from is too old, listing again' }]);
  stop.abort();
  await running;
});

it('comes back when the API server does', async () => {
  const watching = await throughProxy({ relistMs: LONG_MS });
  await settled(watching);
  const { proxy, lines } = watching;
  proxy.mode = 'refuse';
  proxy.cut();
  await create('meanwhile');
  await waitFor('three failures', SOON_MS, () => lines.length >= 3);
  expect(lines.map(({ failures }) => failures)).toEqual(lines.map((_, index) => index + 1));
  expect(watching.changes).toHaveLength(1);
  proxy.mode = 'pass';
  await told(watching, ['added meanwhile']);
  await create('after');
  await told(watching, ['added after']);
});

it('comes back from a network that swallows everything', async () => {
  const watching = await throughProxy({ relistMs: 3_000 });
  await settled(watching);
  const { proxy, lines } = watching;
  proxy.mode = 'dark';
  proxy.cutSilently();
  await create('meanwhile');
  await waitFor('a failure', SOON_MS, () =>
    lines.some(({ reason }) => String(reason).includes(`no answer within ${REQUEST_TIMEOUT_MS} ms`)),
  );
  proxy.mode = 'pass';
  await told(watching, ['added meanwhile']);
});

it('takes a timer that is early for no failure', async () => {
  let lists = 0;
  const { admin } = bench;
  const client: Pick<KubernetesClient, 'list' | 'watch'> = {
    list: (resource, options) => {
      lists += 1;
      return admin.list(resource, options);
    },
    watch: (resource, options) => admin.watch(resource, options),
  };
  const early = (ms: number, until: AbortSignal): Promise<void> => SYSTEM_CLOCK.pause(Math.max(0, ms - 20), until);
  const { lines } = await start(client, { relistMs: 200, clock: { ...SYSTEM_CLOCK, pause: early } });
  await waitFor('some lists', SOON_MS, () => lists > 4);
  expect(lines).toEqual([]);
});

it('does not ask without end when watches end at once', async () => {
  const MAX_DELAY_MS = 60_000;
  let lists = 0;
  const { admin } = bench;
  const client: Pick<KubernetesClient, 'list' | 'watch'> = {
    list: (resource, options) => {
      lists += 1;
      return admin.list(resource, options);
    },
    watch: async function* () {},
  };
  const waits: number[] = [];
  /** After a failure; the third wait lasts until the end, so that no fourth list comes while it is looked at. */
  const pause: Clock['pause'] = (ms, until) => {
    if (ms > MAX_DELAY_MS) return SYSTEM_CLOCK.pause(ms, until);
    waits.push(ms);
    return SYSTEM_CLOCK.pause(waits.length < 3 ? ms : LONG_MS, until);
  };
  const clock = { ...SYSTEM_CLOCK, pause };
  const watching = await start(client, { relistMs: LONG_MS, maxDelayMs: MAX_DELAY_MS, clock });
  await waitFor('some failures', SOON_MS, () => waits.length >= 3);
  expect(watching.lines.map(({ failures }) => failures)).toEqual([1, 2, 3]);
  expect(lists).toBe(3);
});

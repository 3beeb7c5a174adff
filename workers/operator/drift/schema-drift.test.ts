// Schemas that were altered or deleted behind its back come back, on a real cluster of three, by the operator's own identity.
import type { JetStreamManager, NatsConnection } from 'nats';
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';
import { waitFor } from '../../../local/wait.ts';
import { OBSERVER, TestCluster } from '../../../test/support/cluster.ts';
import { OPERATOR } from '../../contract/roles.ts';
import type { SchemaSpec } from '../../contract/schemas.ts';
import { SupersededError } from '../../runtime/errors.ts';
import { compareSchema, readSchemas } from '../../runtime/schema-plan.ts';
import { RunningControl } from './testing/running-control.ts';

/** What is promised. */
const RESTORED_WITHIN_MS = 30_000;
const SOON_MS = 60_000;
/** Of a test: longer than its waits in turn. */
vi.setConfig({ testTimeout: 400_000 });

const ALL = ['FEEDS/1', 'SOURCES/1', 'NEWS.received/1', 'NEWS.processed/1'];
const CONFLICT =
  'schema SOURCES.1 is registered with other content, and a version never changes: give the new content a version of its own';

let cluster: TestCluster;
let observer: NatsConnection;
let manager: JetStreamManager;
let running: RunningControl | undefined;

beforeAll(async () => {
  cluster = await TestCluster.start('sources: { papers: { kind: rss, feeds: [https://papers.example/world.rss] } }', {
    extraIdentities: [OBSERVER],
  });
  await cluster.bootstrap();
  observer = await cluster.connect(OBSERVER.name);
  manager = await observer.jetstreamManager({ checkAPI: false });
});
afterEach(() => running?.stop());
afterAll(() => cluster?.stop());

async function start(): Promise<RunningControl> {
  running = new RunningControl(await cluster.connect(OPERATOR), cluster.topology);
  return running;
}
const put = (key: string, body: string) => observer.jetstream().publish(`$KV.schemas.${key}`, body);
const purge = (key: string) => manager.streams.purge('KV_schemas', { filter: `$KV.schemas.${key}` });
async function titles(): Promise<string[]> {
  const entries = cluster.topology.registry.schemas.map(({ key }) =>
    manager.streams.getMessage('KV_schemas', { last_by_subj: `$KV.schemas.${key}` }),
  );
  return (await Promise.all(entries)).map((entry) => entry.json<{ title: string }>().title);
}
const restored = (): Promise<unknown> =>
  waitFor('every schema is restored', RESTORED_WITHIN_MS, () =>
    titles().then(
      (found) => found.join() === ALL.join(),
      () => false,
    ),
  );

it('are there again when they were altered, deleted or purged, and when their bucket was', async () => {
  const control = await start();
  await put('NEWS.received.1', '{"title":"anything"}');
  await put('SOURCES.1', '');
  await purge('FEEDS.1');
  await restored();
  await waitFor('the Events', SOON_MS, async () => control.notes('DriftRepaired').length >= 3);
  expect(control.notes('DriftRepaired').sort()).toEqual([
    'schema FEEDS.1 registered',
    'schema NEWS.received.1 was altered, put back as it was registered',
    'schema SOURCES.1 was deleted, put back as it was registered',
  ]);

  await manager.streams.delete('KV_schemas');
  await restored();
  await waitFor('the Events', SOON_MS, async () => control.notes('DriftRepaired').length >= 8);
  expect(control.notes('DriftRepaired')).toContain('stream KV_schemas created: its keys were deleted with it');
});

it('are written by one of many who do it at once', async () => {
  await purge('SOURCES.1');
  const { registry } = cluster.topology;
  const spec = registry.schemas.find(({ key }) => key === 'SOURCES.1') as SchemaSpec;
  // Any server may answer, also one that does not know of the purge yet.
  const seen = await waitFor('its absence is known', SOON_MS, async () => {
    const stored = await readSchemas(observer);
    return compareSchema(observer, stored, spec, registry).change && stored;
  });
  const write = () => compareSchema(observer, seen, spec, registry).change?.apply();
  const outcomes = await Promise.allSettled(Array.from({ length: 20 }, write));
  const refusals = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []));
  expect(refusals).toHaveLength(19);
  for (const refusal of refusals) expect(refusal).toBeInstanceOf(SupersededError);
  await restored();
});

it('are left as they are where a version was registered as something else, which is said once', async () => {
  await purge('SOURCES.1');
  await put('SOURCES.1', '{"type":"object"}');
  const control = await start();
  await waitFor('a word on it', SOON_MS, async () => control.notes('DriftUnrepairable').length > 0);
  // Streams are looked at before schemas: once a second one has been set back, schemas were looked at again in between.
  for (const looks of [1, 2]) {
    await manager.streams.update('KV_feeds', { max_bytes: 1_000_000 });
    await waitFor('another look', SOON_MS, async () => control.notes('DriftRepaired').length === looks);
  }
  expect(control.notes('DriftUnrepairable')).toEqual([CONFLICT]);
  expect(control.lines).toContainEqual(expect.objectContaining({ level: 50, kind: 'schema', name: 'SOURCES.1' }));
  expect((await manager.streams.info('KV_schemas', { subjects_filter: '>' })).state.subjects).toMatchObject({
    '$KV.schemas.SOURCES.1': 1,
  });
  await purge('SOURCES.1');
  await restored();
  await waitFor('a word on its end', SOON_MS, async () => control.lines.some(({ msg }) => msg === 'as declared again'));
});

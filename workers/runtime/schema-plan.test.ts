// The schema registry on one real server: what is registered, put back, and refused.
import type { JetStreamManager, NatsConnection } from 'nats';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { OBSERVER, TestCluster } from '../../test/support/cluster.ts';
import { NEWS_ITEM } from '../contract/messages.ts';
import type { Compatibility, Schema } from '../contract/schema-compatibility.ts';
import { SCHEMAS, type SchemaSpec, schemaSpec } from '../contract/schemas.ts';
import type { StreamSpec } from '../contract/streams.ts';
import { reasonOf, SupersededError } from './errors.ts';
import { compareSchema, planSchemas, readSchemas, SchemaConflictError } from './schema-plan.ts';
import { streamForm } from './server-form.ts';
import { recreateStream } from './testing/streams.ts';

const DEFINITION = 'nats: { servers: 1 }\nsources: { s: { kind: rss, feeds: [{ url: https://a.example/rss }] } }';
const KEY = 'NEWS.received.1';
const SUBJECT = `$KV.schemas.${KEY}`;

let cluster: TestCluster;
let connection: NatsConnection;
let manager: JetStreamManager;

beforeAll(async () => {
  cluster = await TestCluster.start(DEFINITION, { extraIdentities: [OBSERVER] });
  connection = await cluster.connect(OBSERVER.name);
  manager = await connection.jetstreamManager();
});
afterAll(() => cluster?.stop());
beforeEach(() => {
  const spec = cluster.topology.streams.find(({ name }) => name === 'KV_schemas') as StreamSpec;
  return recreateStream(manager, streamForm(spec));
});

/** Does what is planned, and says what it was. */
async function register(schemas = SCHEMAS, compatibility: Compatibility = 'backward'): Promise<string[]> {
  const changes = await planSchemas(connection, { schemas, compatibility });
  for (const { apply } of changes) await apply();
  return changes.map(({ description }) => description);
}
async function refusal(...what: Parameters<typeof register>): Promise<string[]> {
  const error = await register(...what).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(SchemaConflictError);
  return reasonOf(error).split('\n').slice(1);
}
const put = (subject: string, body: unknown): Promise<unknown> =>
  connection.jetstream().publish(subject, typeof body === 'string' ? body : JSON.stringify(body));
const stored = async (subject = SUBJECT): Promise<Schema> =>
  (await manager.streams.getMessage('KV_schemas', { last_by_subj: subject })).json();
const held = async (): Promise<number> => (await manager.streams.info('KV_schemas')).state.messages;
const news = (SCHEMAS.find(({ key }) => key === KEY) as SchemaSpec).document;
/** A second version, with more required properties, of these types. */
const second = (properties: Record<string, Schema>, required: readonly string[] = []): SchemaSpec =>
  schemaSpec({
    ...NEWS_ITEM,
    version: 2,
    schema: {
      ...NEWS_ITEM.schema,
      properties: { ...(NEWS_ITEM.schema.properties as object), ...properties },
      required: [...(NEWS_ITEM.schema.required as string[]), ...required],
    },
  });

it('registers every message type under its subject and version, and nothing the second time', async () => {
  expect((await register()).sort()).toEqual([
    'schema FEEDS.1 registered',
    'schema NEWS.processed.1 registered',
    'schema NEWS.received.1 registered',
    'schema SOURCES.1 registered',
  ]);
  expect(await register()).toEqual([]);
  expect(await held()).toBe(SCHEMAS.length);
});

it('stores documents that a client of key-value buckets reads', async () => {
  await register();
  const bucket = await connection.jetstream().views.kv('schemas', { bindOnly: true });
  const entry = await bucket.get(KEY);
  expect(entry?.json()).toEqual({ ...NEWS_ITEM.schema, ...pick(news, '$schema', '$id', 'title', 'description') });
  expect(entry?.json()).toMatchObject({ $id: 'urn:newsjet:NEWS.received:1', title: 'NEWS.received/1' });
});

describe('what is registered', () => {
  it.each<[string, () => Promise<unknown>, string]>([
    ['other content', () => put(SUBJECT, { type: 'object' }), 'was altered'],
    ['what is no JSON', () => put(SUBJECT, '{'), 'was deleted'],
    ['a deletion', async () => (await connection.jetstream().views.kv('schemas')).delete(KEY), 'was deleted'],
  ])('is put back after %s', async (_, alter, what) => {
    await register();
    await alter();
    expect(await register()).toEqual([`schema ${KEY} ${what}, put back as it was registered`]);
    expect(await stored()).toEqual(news);
    expect(await register()).toEqual([]);
  });

  it('is registered again when nothing is left of it', async () => {
    await register();
    await manager.streams.purge('KV_schemas', { filter: SUBJECT });
    expect(await register()).toEqual([`schema ${KEY} registered`]);
  });

  it('may be written in another order', async () => {
    await register();
    await put(SUBJECT, Object.fromEntries(Object.entries(news).reverse()));
    expect(await register()).toEqual([]);
  });

  it('can’t be purged as a client of key-value buckets would', async () => {
    await register();
    const bucket = await connection.jetstream().views.kv('schemas');
    await expect(bucket.purge(KEY)).rejects.toThrow('rollup not permitted');
    expect(await stored()).toEqual(news);
  });

  it('never changes: another content under the same version is refused, and nothing else is registered', async () => {
    await put(SUBJECT, { type: 'object' });
    expect(await refusal()).toEqual([
      `schema ${KEY} is registered with other content, and a version never changes: give the new content a version of its own`,
    ]);
    expect(await held()).toBe(1);
  });

  it('is left alone where this release does not know it', async () => {
    await put('$KV.schemas.NEWS.received.9', 'what a later release has registered, perhaps');
    await put('$KV.schemas.weather.report.1', { type: 'object' });
    expect(await register()).toHaveLength(SCHEMAS.length);
    expect(await held()).toBe(SCHEMAS.length + 2);
  });
});

describe('a second version', () => {
  const compatible = second({ editor: { type: 'string' } });
  const incompatible = second({ editor: { type: 'string' } }, ['editor']);

  it('is registered where it takes what the first describes', async () => {
    await register();
    expect(await register([...SCHEMAS, compatible])).toEqual(['schema NEWS.received.2 registered']);
    expect(await stored('$KV.schemas.NEWS.received.2')).toMatchObject({ title: 'NEWS.received/2' });
  });

  it('is refused where it does not, with the failing path', async () => {
    await register();
    const reasons = [
      'schema NEWS.received.2 is not backward compatible with version 1: what the earlier version describes, ' +
        'the later one may refuse: /editor: is required, and was not',
    ];
    expect(await refusal([...SCHEMAS, incompatible])).toEqual(reasons);
    // Also by a release that does not know the first any more.
    expect(await refusal([incompatible])).toEqual(reasons);
    expect(await held()).toBe(SCHEMAS.length);
  });

  it('is held to what was registered of the first, however it was altered or deleted', async () => {
    await register();
    await put(SUBJECT, '');
    expect(await refusal([incompatible])).toHaveLength(1);
  });

  it('may be anything where nothing is asked of it', async () => {
    await register();
    expect(await register([...SCHEMAS, incompatible], 'none')).toEqual(['schema NEWS.received.2 registered']);
  });

  it('is held to the other direction where that is asked', async () => {
    const shorter = second({ title: { type: 'string', minLength: 1, maxLength: 10 } });
    await register();
    expect(await refusal([...SCHEMAS, shorter])).toEqual([expect.stringContaining('/title: maxLength is 10')]);
    expect(await register([...SCHEMAS, shorter], 'forward')).toHaveLength(1);
  });
});

it('does not overwrite what somebody else has written meanwhile', async () => {
  const registry = { schemas: SCHEMAS, compatibility: 'backward' } as const;
  const seen = await readSchemas(connection);
  await register();
  const { change } = compareSchema(connection, seen, SCHEMAS[0] as SchemaSpec, registry);
  await expect(change?.apply()).rejects.toThrow(SupersededError);
  expect(await held()).toBe(SCHEMAS.length);
});

it('reads a registry of many pages', async () => {
  const keys = Array.from({ length: 250 }, (_, n) => `other.${n}.1`);
  await Promise.all(keys.map((key) => put(`$KV.schemas.${key}`, {})));
  expect([...(await readSchemas(connection)).keys()].sort()).toEqual(keys.sort());
});

const pick = (object: Schema, ...names: readonly string[]): Schema =>
  Object.fromEntries(names.map((name) => [name, object[name]]));

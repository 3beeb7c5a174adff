// NewsSources on a real API server and three real NATS servers: applied, changed, mended and deleted.
import { headers, JSONCodec } from 'nats';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newsSourceRules } from '../../../cdk8s/charts/news-source-rules.ts';
import { DEFAULT_SETTINGS } from '../../../cdk8s/settings.ts';
import { NATS_CONFIG } from '../../../cdk8s/synthesis.ts';
import { GiveUpError, waitFor } from '../../../local/wait.ts';
import { API_SERVER_TIMEOUT_MS } from '../../../test/support/api-server/shared.ts';
import { blankFeedState } from '../../contract/feed-state.ts';
import { DRAIN_FINALIZER } from '../../contract/news-source.ts';
import { NEWS_MONITOR } from '../../contract/roles.ts';
import { SECRETS } from '../certificates/secret-object.ts';
import type { KubernetesObject } from '../kubernetes/object.ts';
import type { Resource } from '../kubernetes/resource.ts';
import { grantsOf, requestsOf } from '../kubernetes/testing/grants.ts';
import { DEPLOYMENTS, WORKER_SCALERS } from '../scalers/resources.ts';
import { CONFIG_MAPS, NETWORK_POLICIES, NEWS_SOURCES, SOURCES_ANNOTATION } from './resources.ts';
import { DEFINITION, SourceBench } from './testing/source-bench.ts';

/** A retirement takes a step a second, and each step its requests. */
const SOON_MS = 60_000;
/** Longer than the waits within, as they come in turn. */
const TEST_MS = 400_000;
const WORLD = { url: 'https://papers.example/world', every: '1h', name: 'world' };
const SPORTS = { url: 'https://papers.example/sports', every: '1h', name: 'sports' };
const { signal } = new AbortController();
const codec = JSONCodec();

let bench: SourceBench;
let operator: Awaited<ReturnType<SourceBench['lead']>>;

beforeAll(async () => {
  bench = await SourceBench.start();
  await soon('the workers of the definition are there', async () => {
    const deployments = await Promise.all(
      ['base-exporter', 'base-consumer'].map((name) => bench.find(DEPLOYMENTS, name)),
    );
    return deployments.every((deployment) => deployment?.status?.readyReplicas === 1);
  });
  operator = await bench.lead();
}, API_SERVER_TIMEOUT_MS);
afterAll(async () => {
  await operator?.stop();
  await bench?.stop();
}, TEST_MS);

const soon = <T>(what: string, check: () => Promise<T>) => waitFor(what, SOON_MS, check);
const polls = (source: string) => bench.subjects('FEEDS', `FEEDS.*.${source}.*`);
/** The poll of a source with one feed: it is ready once its workers are, which may be before its feed is scheduled. */
const onePoll = (source: string): Promise<string[] | false> =>
  soon(`${source} has one poll`, async () => {
    const found = await polls(source);
    return found.length === 1 && found;
  });
const consumers = async (stream: string): Promise<string[]> =>
  (await bench.jetStream.consumers.list(stream).next()).map(({ name }) => name).sort();
/** A list is put together from what each consumer's leader answers in time, and may know of a deletion a moment later. */
const haveConsumers = (stream: string, names: readonly string[]): Promise<boolean> =>
  soon(`${stream} has the consumers ${names}`, async () => (await consumers(stream)).join() === names.join());
const configuration = async (): Promise<string> => JSON.stringify(await bench.find(CONFIG_MAPS, NATS_CONFIG));
/** Which version of what a Deployment should be; what became of its pods changes its resourceVersion, too. */
const versionOf = async (name: string): Promise<number | undefined> =>
  (await bench.find(DEPLOYMENTS, name))?.metadata.generation;

describe('a NewsSource', () => {
  it('is collected from the moment that it is applied', { timeout: TEST_MS }, async () => {
    const bystanders = ['base-exporter', NEWS_MONITOR];
    const before = await Promise.all(bystanders.map(versionOf));
    await bench.applySource('papers', { kind: 'rss', feeds: [WORLD] });
    await soon('it is ready', async () => (await bench.ready('papers')) === 'True Collecting');
    for (const worker of ['papers-exporter', 'papers-consumer']) {
      const deployment = await bench.find(DEPLOYMENTS, worker);
      const owners = deployment?.metadata.ownerReferences?.map(({ kind, name }) => `${kind} ${name}`);
      expect(owners).toEqual(['NewsSource papers']);
      expect(await bench.find(WORKER_SCALERS, worker)).toBeDefined();
      expect((await bench.find(SECRETS, `${worker}-tls`))?.type).toBe('kubernetes.io/tls');
    }
    expect(await onePoll('papers')).toEqual([expect.stringMatching(/^FEEDS\.(schedule|due)\.papers\.world$/)]);
    await haveConsumers('FEEDS', ['base-exporter', 'papers-exporter']);
    await haveConsumers('SOURCES', ['base-consumer', 'papers-consumer']);
    expect(JSON.stringify(await bench.find(NETWORK_POLICIES, 'nats-clients'))).toContain('papers-consumer');
    expect((await bench.find(NEWS_SOURCES, 'papers'))?.metadata.finalizers).toEqual([DRAIN_FINALIZER]);
    // Whoever has nothing to do with it is left as it was.
    expect(await Promise.all(bystanders.map(versionOf))).toEqual(before);
    expect(operator.controller.declared.topology.consumers.map(({ name }) => name)).toContain('papers-exporter');
  });

  it('says what became of its feeds', { timeout: TEST_MS }, async () => {
    const now = new Date().toISOString();
    const state = {
      ...blankFeedState({ source: 'papers', feed: 'world', url: WORLD.url }),
      status: 'failing',
      lastPollAt: now,
    };
    const body = codec.encode({ ...state, lastError: 'HTTP status 500', failures: 1 });
    await bench.observer.jetstream().publish('$KV.feeds.papers.world', body);
    await soon('the status says so', async () => {
      const status = (await bench.find(NEWS_SOURCES, 'papers'))?.status;
      return (
        status?.feeds?.failing === 1 && status.errors?.[0]?.reason === 'HTTP status 500' && status.lastPoll === now
      );
    });
  });

  it('takes up a feed that is added, and only reschedules', { timeout: TEST_MS }, async () => {
    const versions = [await versionOf('papers-exporter'), await configuration()];
    await bench.applySource('papers', { kind: 'rss', feeds: [WORLD, SPORTS] });
    await soon('it is scheduled', async () => (await polls('papers')).join().includes('sports'));
    await bench.applySource('papers', { kind: 'rss', feeds: [SPORTS] });
    await soon('the other is not any more', async () => !(await polls('papers')).join().includes('world'));
    expect(await onePoll('papers')).toEqual([expect.stringContaining('sports')]);
    await bench.applySource('papers', {
      kind: 'rss',
      feeds: [SPORTS, { url: 'https://papers.example/x', every: '1ms' }],
    });
    await soon('what is wrong is said', async () => {
      const conditions = (await bench.find(NEWS_SOURCES, 'papers'))?.status?.conditions ?? [];
      const { status, message = '' } = conditions.find(({ type }) => type === 'Accepted') ?? {};
      return status === 'False' && message.includes('feeds[1].every');
    });
    expect(await onePoll('papers')).toHaveLength(1);
    expect([await versionOf('papers-exporter'), await configuration()]).toEqual([versions[0], versions[1]]);
  });

  it('is refused alone, where the definition has its name', { timeout: TEST_MS }, async () => {
    await bench.applySource('base', { kind: 'rss', feeds: [WORLD] });
    await soon('it is refused', async () => (await bench.ready('base')) === 'False NotAccepted');
    expect(await onePoll('base')).toEqual([expect.stringContaining('base-example')]);
    await bench.deleteSource('base');
    await soon('it goes', async () => !(await bench.find(NEWS_SOURCES, 'base')));
    expect(await bench.find(DEPLOYMENTS, 'base-exporter')).toBeDefined();
    expect(await bench.ready('papers')).toBe('True Collecting');
  });

  it('brings back what is deleted, and what charts/ would undo', { timeout: TEST_MS }, async () => {
    const { admin, namespace } = bench.api;
    const composed = await configuration();
    const original = bench.manifests.find(
      ({ kind, metadata }) => kind === 'ConfigMap' && metadata.name === NATS_CONFIG,
    );
    await admin.patch(CONFIG_MAPS, { namespace, name: NATS_CONFIG }, { data: original?.data }, { signal });
    for (const [resource, name] of [
      [DEPLOYMENTS, 'papers-consumer'],
      [WORKER_SCALERS, 'papers-exporter'],
      [SECRETS, 'papers-exporter-tls'],
    ] as const) {
      await admin.delete(resource as Resource, { namespace, name }, { signal });
      await soon(`${name} is back`, async () => {
        const object: KubernetesObject | undefined = await bench.find(resource as Resource, name);
        return object && object.metadata.deletionTimestamp === undefined;
      });
    }
    await soon('permissions are back', async () => dataOf(await configuration()) === dataOf(composed));
  });

  it('keeps what is known of its feeds, which is nobody else’s to remove', { timeout: TEST_MS }, async () => {
    const { admin, namespace } = bench.api;
    const removable = async (): Promise<string[]> => {
      const is = await operator.controller.removable(signal);
      return ['base', 'papers', 'closed'].filter(is);
    };
    expect(await removable()).toEqual(['base', 'closed']);
    // Of another definition than its own it knows no feeds.
    const definition = (text: string) =>
      admin.patch(CONFIG_MAPS, { namespace, name: 'definition' }, { data: { 'newsjet.yaml': text } }, { signal });
    await definition(`${DEFINITION} # newer`);
    expect(await removable()).toEqual([]);
    await definition(DEFINITION);
    expect(await removable()).toEqual(['base', 'closed']);
  });

  it('is retired in order, and not before all that was fetched is worked off', { timeout: TEST_MS }, async () => {
    // What is left is news under the identity that the source has, to its end.
    await bench.applySource('papers', { kind: 'rss', identity: 'link', feeds: [SPORTS] });
    await soon('its consumer goes by links', async () => {
      return JSON.stringify(await bench.find(DEPLOYMENTS, 'papers-consumer')).includes('"value":"link"');
    });
    const versions = await Promise.all(['papers-exporter', 'papers-consumer'].map(versionOf));
    bench.slow.add('papers-exporter');
    const client = bench.observer.jetstream();
    const all = headers();
    const consumer = await client.consumers.get('SOURCES', 'papers-consumer');
    const { max_deliver = 0 } = (await consumer.info()).config;
    // As when its worker ends each time before it has said what is wrong.
    await client.publish('SOURCES.papers', codec.encode({ data: 'bad', timestamp: 'y' }), { headers: all });
    for (let deliveries = 0; deliveries < max_deliver; deliveries++) (await consumer.next())?.nak();
    // Whoever asks next is not given it any more. It is by asking that they are used up, if the last refusal came before.
    await soon('its deliveries are used up', async () => {
      const again = await consumer.next({ expires: 1_000 });
      if (again) throw new GiveUpError(`it was delivered once more: ${again.info.deliveryCount}`);
      return (await consumer.info()).num_ack_pending === 0;
    });
    await client.publish('SOURCES.papers', codec.encode({ data: 'x', timestamp: 'y' }), { headers: all });
    await bench.deleteSource('papers');
    await soon('nothing more becomes due', async () => (await polls('papers')).length === 0);
    await soon('the exporter is asked to end', async () => {
      return (await bench.find(DEPLOYMENTS, 'papers-exporter'))?.metadata.deletionTimestamp !== undefined;
    });
    await soon('it says so', async () => (await bench.ready('papers')) === 'False Draining');
    // To be deleted is one change of it; nothing else of it changes.
    expect(await versionOf('papers-exporter')).toBe((versions[0] ?? 0) + 1);
    // Another operator goes on in the middle.
    await operator.stop();
    operator = await bench.lead();
    bench.slow.delete('papers-exporter');
    await soon('the exporter is gone', async () => !(await bench.find(DEPLOYMENTS, 'papers-exporter')));
    await soon('the document holds it up', async () => {
      const condition = (await bench.find(NEWS_SOURCES, 'papers'))?.status?.conditions?.find(
        ({ type }) => type === 'Ready',
      );
      return condition?.message.includes('1 document ');
    });
    expect(await versionOf('papers-consumer')).toBe(versions[1]);
    await haveConsumers('SOURCES', ['base-consumer', 'papers-consumer']);
    // In hand is not done.
    const message = await consumer.next();
    expect(await bench.find(DEPLOYMENTS, 'papers-consumer')).toBeDefined();
    expect(await message?.ackAck()).toBe(true);
    await soon('it is gone', async () => !(await bench.find(NEWS_SOURCES, 'papers')));
    await soon('what is left is said', async () => operator.events.some((event) => event.includes('Retired')));
    expect(operator.events.filter((event) => event.includes('Retired'))).toEqual([
      'Warning Retired: all else is gone, but 1 document without deliveries left stays in SOURCES: ' +
        '`nats stream purge SOURCES --subject SOURCES.papers` removes it',
    ]);
    expect(await bench.subjects('SOURCES', 'SOURCES.papers')).toEqual(['SOURCES.papers']);
    for (const worker of ['papers-exporter', 'papers-consumer']) {
      expect(await bench.find(DEPLOYMENTS, worker)).toBeUndefined();
      expect(await bench.find(WORKER_SCALERS, worker)).toBeUndefined();
      expect(await bench.find(SECRETS, `${worker}-tls`)).toBeUndefined();
    }
    await haveConsumers('FEEDS', ['base-exporter']);
    await haveConsumers('SOURCES', ['base-consumer']);
    expect(await bench.subjects('KV_feeds', '$KV.feeds.papers.*')).toEqual([]);
    expect(await onePoll('base')).toHaveLength(1);
    // All else is as charts/ has it.
    await soon('the rest is as it was', async () => !(await configuration()).includes('papers'));
    const original = bench.manifests.find(
      ({ kind, metadata }) => kind === 'ConfigMap' && metadata.name === NATS_CONFIG,
    );
    const config = await bench.find(CONFIG_MAPS, NATS_CONFIG);
    expect((config as { data?: unknown }).data).toEqual(original?.data);
    expect(config?.metadata.annotations?.[SOURCES_ANNOTATION]).toBeUndefined();
  });

  it('comes and goes with an operator as it runs in a cluster', { timeout: TEST_MS }, async () => {
    await operator.stop();
    // What a definition has named before, and what a NewsSource names that this operator has not seen yet.
    const undeclared = ['FEEDS.due.base.old', '$KV.feeds.base.old', '$KV.feeds.closed.world'];
    const known = '$KV.feeds.radio.music';
    for (const subject of [...undeclared, known]) await bench.observer.jetstream().publish(subject, '{}');
    // On a private network, which nobody else has to reach.
    const feeds = [{ url: 'http://10.1.2.3/rss', every: '1h', name: 'music' }];
    await bench.applySource('radio', { kind: 'rss', allowPrivateAddresses: true, feeds });
    const { child, metrics } = await bench.startOperator();
    await soon('it is ready', async () => (await bench.ready('radio')) === 'True Collecting');
    await soon('what belongs to nobody is gone', async () => {
      const subjects = [...(await bench.subjects('FEEDS', '>')), ...(await bench.subjects('KV_feeds', '>'))];
      return !undeclared.some((subject) => subjects.includes(subject));
    });
    expect(await bench.subjects('KV_feeds', '>')).toEqual([known]);
    expect(await onePoll('radio')).toHaveLength(1);
    expect(await bench.find(NETWORK_POLICIES, 'private-networks')).toBeDefined();
    await bench.deleteSource('radio');
    await soon('it is gone', async () => !(await bench.find(NEWS_SOURCES, 'radio')));
    await soon(
      'nobody reaches private networks',
      async () => !(await bench.find(NETWORK_POLICIES, 'private-networks')),
    );
    // What keeps JetStream as declared knows that the source is gone.
    await haveConsumers('SOURCES', ['base-consumer']);
    const settings = { ...DEFAULT_SETTINGS, namespace: bench.api.namespace };
    const granted = grantsOf(newsSourceRules({ settings, topology: bench.cluster.topology }));
    const unused = async (): Promise<string[]> => {
      const { used } = requestsOf(await metrics());
      // Whoever applies needs to be allowed to create. To scale and to renew certificates is no part of this: see operator.test.ts.
      const applied = used.map((request) => request.replace(/^patch /, 'create '));
      const all = [...used, ...applied, 'update secrets', 'patch deployments.apps/scale'];
      return granted.filter((grant) => !all.includes(grant));
    };
    // A request counts when the operator has its answer, which may be after others see what it did.
    await expect.poll(unused, { timeout: SOON_MS }).toEqual([]);
    expect(requestsOf(await metrics()).refused).toEqual([]);
    await child.stop(20_000);
    expect(child.exit).toEqual({ code: 0, signal: null });
  });
});

const dataOf = (text: string): string => JSON.stringify((JSON.parse(text) as { data: unknown }).data);

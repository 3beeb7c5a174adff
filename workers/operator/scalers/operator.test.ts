// Operators as processes, against real servers of both kinds, with the permissions of the manifests and nothing more.

import { AckPolicy } from 'nats';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { newsSourceRules } from '../../../cdk8s/charts/news-source-rules.ts';
import { DEFAULT_SETTINGS } from '../../../cdk8s/settings.ts';
import { waitFor } from '../../../local/wait.ts';
import type { TcpProxy } from '../../../test/support/api-server/proxy.ts';
import { API_SERVER_TIMEOUT_MS } from '../../../test/support/api-server/shared.ts';
import { SECRETS } from '../certificates/secret-object.ts';
import { grantsOf, type Rule, requestsOf } from '../kubernetes/testing/grants.ts';
import { conditionOf, type RunningOperator, ScalerBench, WORKER } from './testing/scaler-bench.ts';

const SOON_MS = 60_000;
/** A killed leader's Lease runs out after 15 s, and others try every 2.4 s at most. */
const TAKEOVER_MS = 90_000;
/** Two seconds on a machine at rest; a loaded one is given longer, but less than the 15 s of a HorizontalPodAutoscaler. */
const DECISION_MS = 10_000;
/** Of a test: longer than its waits in turn. */
vi.setConfig({ testTimeout: 400_000 });

let bench: ScalerBench;
let proxy: TcpProxy;
let first: RunningOperator;
let second: RunningOperator;
/** Of the first, before it is killed. */
let firstMetrics = '';

beforeAll(async () => {
  bench = await ScalerBench.start();
  proxy = await bench.api.proxy();
  first = await bench.startOperator();
  await waitFor('the first leads', SOON_MS, async () => (await bench.leader().catch(() => undefined)) !== undefined);
  second = await bench.startOperator(proxy);
}, API_SERVER_TIMEOUT_MS);
afterAll(() => bench?.stop());

it('says that there is nothing to do', async () => {
  await bench.setReady(1);
  const scaler = await bench.waitForScaler(
    'a status',
    ({ status }) => status?.readyReplicas === 1 && status.reading === 'known',
  );
  expect(scaler.status).toMatchObject({
    observedGeneration: 1,
    replicas: 1,
    desiredReplicas: 1,
    readyReplicas: 1,
    lag: 0,
    reading: 'known',
  });
  const conditions = ['AbleToScale', 'ScalingActive', 'ScalingLimited'].map((type) => conditionOf(scaler, type));
  // Nothing would be enough for nothing; one replica is the fewest.
  expect(conditions).toEqual(['True Ready', 'True Idle', expect.stringMatching(/^True (MinReplicas|ScaleDown)/)]);
});

it('scales up at once when there is a flood, says why, and writes nothing but the scale', async () => {
  const before = await bench.deployment();
  await bench.flood(9_000);
  await bench.waitForReplicas('replicas are added', (count) => count > 1, DECISION_MS);
  await bench.waitForReplicas('as many as the lag asks for', (count) => count === 5);
  const { spec } = await bench.deployment();
  expect({ ...spec, replicas: 0 }).toEqual({ ...before.spec, replicas: 0 });
  // The status tells of a step a moment after it was made.
  const scaler = await bench.waitForScaler(
    'the lag is shown',
    ({ status }) => status?.lag === 9_000 && status.desiredReplicas === 5,
  );
  expect(scaler.status).toMatchObject({ desiredReplicas: 5, lastScaleTime: expect.stringMatching(/^20.*Z$/) });
  const declared = bench.manifests.find(({ kind, metadata }) => kind === 'WorkerScaler' && metadata.name === WORKER);
  expect(scaler.spec).toEqual(declared?.spec);
  const fromOne = /^Deployment news-creator from 1 to \d replicas \(AboveTarget\): \d+ messages/;
  const events = await waitFor('Events of the first step', SOON_MS, async () => {
    const found = (await bench.events('ScaledUp')).filter(({ note }) => fromOne.test(note));
    return found.length === 2 && found;
  });
  expect(new Set(events.map(({ regarding }) => regarding.kind))).toEqual(new Set(['WorkerScaler', 'Deployment']));
});

it('holds the replicas while the consumer is gone, and says so; again is counted', async () => {
  const manager = await bench.observer.jetstreamManager();
  const { config } = await manager.consumers.info('NEWS', WORKER);
  for (const times of [1, 2]) {
    await manager.consumers.delete('NEWS', WORKER);
    // While the consumer goes away its leader may first be silent, which is another reason.
    const scaler = await bench.waitForScaler(
      'the consumer is missing',
      (each) => conditionOf(each, 'ScalingActive') === 'False ConsumerMissing',
    );
    expect(scaler.status?.reading).toBe('unknown');
    expect(scaler.status).not.toHaveProperty('lag');
    expect((await bench.deployment()).spec.replicas).toBe(5);
    await waitFor('a warning', SOON_MS, async () => {
      const [event] = await bench.events('ConsumerMissing');
      return event?.type === 'Warning' && (event.series?.count ?? 1) === times;
    });
    await manager.consumers.add('NEWS', { ...config, ack_policy: AckPolicy.Explicit });
    await bench.waitForScaler('the reading is known', ({ status }) => status?.reading === 'known');
  }
});

it('scales down to the fewest once nothing is left', async () => {
  await bench.purge();
  await bench.setReady(5);
  await bench.patchScaler({ behavior: { scaleDown: { stabilizationWindowSeconds: 0 } } });
  await bench.waitForReplicas('one replica is left', (count) => count === 1);
  const scaler = await bench.waitForScaler(
    'the new spec is observed',
    ({ status }) => status?.observedGeneration === 2 && status.desiredReplicas === 1,
  );
  expect(scaler.status?.desiredReplicas).toBe(1);
  await waitFor('an Event', SOON_MS, async () => (await bench.events('ScaledDown')).length > 0);
});

it('changes hands when the leader is killed', async () => {
  const leader = await bench.leader();
  firstMetrics = await first.metrics();
  first.process.kill('SIGKILL');
  await first.process.exited;
  await bench.flood(9_000);
  await bench.waitForReplicas('the second scales', (count) => count > 1, TAKEOVER_MS);
  expect(await bench.leader()).not.toBe(leader);
  expect(await second.metrics()).toMatch(/newsjet_operator_leader\{worker="operator"\} 1/);
});

it('goes on reading while the API server is away, and acts when it is back', async () => {
  await bench.waitForReplicas('as many as the lag asks for', (count) => count === 5);
  proxy.mode = 'refuse';
  proxy.cut();
  await bench.flood(9_000);
  await waitFor('the lag is read', SOON_MS, async () =>
    /scaler_lag_messages\{[^}]*\} 18000/.test(await second.metrics()),
  );
  expect((await bench.deployment()).spec.replicas).toBe(5);
  await waitFor('a failed write', SOON_MS, async () =>
    /changes_total\{[^}]*outcome="failed"/.test(await second.metrics()),
  );
  proxy.mode = 'pass';
  await bench.waitForReplicas('the scale is written', (count) => count > 5, TAKEOVER_MS);
});

it('makes the certificates of the plan, and mends one that was altered', async () => {
  const { namespace, admin } = bench.api;
  const at = { namespace, name: 'operator-tls' };
  const { signal } = new AbortController();
  const read = async (): Promise<string | undefined> => (await admin.get(SECRETS, at, { signal })).data?.['ca.crt'];
  const trusted = await waitFor('the certificate is there', SOON_MS, read);
  await admin.patch(SECRETS, at, { data: { 'ca.crt': '' } }, { signal });
  await waitFor('it is mended', SOON_MS, async () => (await read()) === trusted);
});

it('uses what its Role allows it to do without NewsSources, and nothing else', async () => {
  const role = bench.manifests.find(({ kind, metadata }) => kind === 'Role' && metadata.name === 'operator');
  const rules = (role?.rules ?? []) as Rule[];
  const granted = grantsOf(rules);
  const requests = async () => requestsOf(`${firstMetrics}\n${await second.metrics()}`);
  // What NewsSources need is theirs to use: see news-sources.test.ts.
  const settings = { ...DEFAULT_SETTINGS, namespace: bench.api.namespace };
  const shared = grantsOf(newsSourceRules({ settings, topology: bench.cluster.topology }));
  const own = rules.filter((rule) => grantsOf([rule]).some((grant) => !shared.includes(grant)));
  const unused = async (): Promise<string[]> => {
    const { used } = await requests();
    return grantsOf(own).filter((grant) => !used.includes(grant));
  };
  // It leads anew since the API server was away, and does its work again bit by bit.
  await expect.poll(unused, { timeout: SOON_MS }).toEqual([]);
  const { used, refused } = await requests();
  expect(refused).toEqual([]);
  expect(used.filter((request) => !granted.includes(request))).toEqual([]);
});

it('gives up the Lease when it is told to stop, so that the next leads at once', async () => {
  const third = await bench.startOperator();
  const leader = await waitFor('somebody leads', SOON_MS, () => bench.leader());
  second.process.kill('SIGTERM');
  expect(await second.process.exited).toEqual({ code: 0, signal: null });
  // Had it kept the Lease, it would be its own for a dozen seconds from now.
  expect(await bench.leader()).not.toBe(leader);
  await waitFor('the third leads', SOON_MS, async () => /operator_leader\{[^}]*\} 1/.test(await third.metrics()));
});

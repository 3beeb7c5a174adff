import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createRegistry, type Registry } from '../../runtime/metrics.ts';
import { recordingLog } from '../../runtime/testing/log.ts';
import { ManualClock } from '../kubernetes/testing/manual-clock.ts';
import { type Reading, unknownReading } from '../scaling/reading.ts';
import { sampleReading, sampleSpec } from '../scaling/testing/samples.ts';
import { ScalerController } from './controller.ts';
import { DEPLOYMENTS, WORKER_SCALERS, type WorkerScaler } from './resources.ts';
import { ScalerMetrics } from './scaler-metrics.ts';
import { FakeApi, NAMESPACE } from './testing/fake-api.ts';

const SPEEDY = { scaleDown: { stabilizationWindowSeconds: 5 } };
/** Of one replica. */
const PER_SECOND = 300;

describe('ScalerController', () => {
  let api: FakeApi;
  let clock: ManualClock;
  let registry: Registry;
  let end: AbortController;
  let leadership: AbortController;
  let reads: number;
  /** Messages that wait; replicas work them off. */
  let queue: number;
  let acknowledged: number;
  let distort: (reading: Reading) => Reading;
  let running: Promise<unknown>[];
  let controller: ScalerController;

  const replicas = (name = 'w'): number | undefined => api.deployments.get(name)?.spec.replicas;
  const conditionOf = (type: string, name = 'w'): string | undefined => {
    const found = api.scalers.get(name)?.status?.conditions?.find((condition) => condition.type === type);
    return found && `${found.status} ${found.reason}`;
  };
  const put = (name: string, replicas: number): void =>
    api.put(DEPLOYMENTS, { metadata: { name }, spec: { replicas }, status: { readyReplicas: replicas } } as never);
  const putScaler = (name: string, spec: Partial<WorkerScaler['spec']> = {}): void =>
    api.put(WORKER_SCALERS, {
      metadata: { name, creationTimestamp: `2026-01-01T00:00:0${api.scalers.size}Z` },
      spec: sampleSpec({ target: { name: 'w' }, behavior: SPEEDY, ...spec }),
    } as never);
  /** What a leader of the consumer would say; every replica has worked a second since. */
  const read = async (): Promise<Reading> => {
    reads += 1;
    const done = Math.min(queue, PER_SECOND * (replicas() ?? 0));
    queue -= done;
    acknowledged += done;
    const ackPending = Math.min(queue, 200 * (replicas() ?? 0));
    const counts = {
      pending: queue - ackPending,
      ackPending,
      delivered: acknowledged + ackPending,
      ackFloor: acknowledged,
    };
    return distort(sampleReading({ atMs: clock.date().getTime(), ...counts }));
  };
  const seconds = async (count: number): Promise<void> => {
    for (let second = 0; second < count; second += 1) {
      await clock.advance(1_000);
      // Pods start at once.
      for (const [name, { spec, status }] of api.deployments)
        if (status?.readyReplicas !== spec.replicas) put(name, spec.replicas ?? 1);
    }
  };
  const lead = (): void => {
    leadership = new AbortController();
    running.push(controller.lead(leadership.signal, () => true));
  };

  beforeEach(async () => {
    api = new FakeApi();
    clock = new ManualClock();
    registry = createRegistry('operator');
    [reads, queue, acknowledged] = [0, 0, 1_000];
    distort = (reading) => reading;
    put('w', 1);
    putScaler('w');
    const { log } = recordingLog();
    controller = new ScalerController({
      ...{ namespace: NAMESPACE, client: api, statusClient: api, recorder: api, log, clock },
      ...{ read, metrics: new ScalerMetrics(registry) },
    });
    end = new AbortController();
    running = [controller.run(end.signal)];
    await clock.advance(0);
  });
  afterEach(async () => {
    leadership?.abort();
    end.abort();
    await Promise.all(running);
  });

  it('drains a flood, comes back to the fewest, and does not flap', async () => {
    lead();
    await seconds(3);
    queue = 60_000;
    await seconds(2);
    expect(replicas()).toBeGreaterThan(1);
    await seconds(45);
    expect(queue).toBe(0);
    await seconds(40);
    expect(replicas()).toBe(1);
    const turns = api.scales.filter((count, index) => {
      const [before = 1, after = count] = [api.scales[index - 1], api.scales[index + 1]];
      return (count - before) * (after - count) < 0;
    });
    expect(turns).toHaveLength(1);
    expect(api.events.map(({ kind, reason }) => `${kind} ${reason}`)).toEqual(
      expect.arrayContaining(['WorkerScaler ScaledUp', 'Deployment ScaledUp', 'WorkerScaler ScaledDown']),
    );
    // At every change, and else every five seconds.
    expect(api.statuses.length).toBeLessThan(3 * api.scales.length + 90 / 5);
  });

  it('writes nothing while it does not lead, and knows everything when it does', async () => {
    await seconds(3);
    queue = 20_000;
    await seconds(12);
    expect([api.scales, api.statuses, api.events]).toEqual([[], [], []]);
    expect(await registry.metrics()).toContain('newsjet_operator_leader{worker="operator"} 0');
    lead();
    await seconds(2);
    // The speed was measured meanwhile: without it there would be none to show yet.
    expect(api.scalers.get('w')?.status?.ratePerReplica).toBe(PER_SECOND);
    expect(replicas()).toBeGreaterThan(1);
    leadership.abort();
    await clock.advance(0);
    const written = [api.scales.length, api.statuses.length];
    queue = 90_000;
    await seconds(5);
    expect([api.scales.length, api.statuses.length]).toEqual(written);
    expect(await registry.metrics()).not.toContain('newsjet_scaler_lag_messages{');
  });

  it('goes on reading while the API server is away, and writes once it is back', async () => {
    lead();
    await seconds(3);
    api.away = true;
    queue = 30_000;
    const before = reads;
    await seconds(10);
    expect(reads - before).toBeGreaterThanOrEqual(9);
    expect([replicas(), api.scales]).toEqual([1, []]);
    api.away = false;
    await seconds(2);
    expect(replicas()).toBeGreaterThan(1);
  });

  it('goes on reading while a write takes its time, and begins no second', async () => {
    lead();
    await seconds(3);
    let release: () => void = () => {};
    api.delay = new Promise((resolve) => {
      release = resolve;
    });
    queue = 30_000;
    const before = reads;
    await seconds(8);
    expect(reads - before).toBeGreaterThanOrEqual(7);
    expect(api.scales).toEqual([]);
    release();
    api.delay = Promise.resolve();
    await clock.advance(0);
    expect(api.scales).toHaveLength(1);
  });

  it('holds while nothing is known, and says so in an Event once', async () => {
    lead();
    queue = 30_000;
    await seconds(3);
    const held = replicas();
    distort = ({ atMs }) => unknownReading(atMs, 'missing', `no consumer at ${atMs}`);
    const scales = api.scales.length;
    await seconds(20);
    expect(replicas()).toBe(held);
    expect(api.scales).toHaveLength(scales);
    expect(conditionOf('ScalingActive')).toBe('False ConsumerMissing');
    expect(api.events.filter(({ reason }) => reason === 'ConsumerMissing')).toHaveLength(1);
    const metrics = await registry.metrics();
    expect(metrics).toMatch(/newsjet_scaler_reading_unknown\{scaler="w",[^}]*\} 1/);
    expect(metrics).not.toContain('newsjet_scaler_lag_messages{');
  });

  it('calls nobody for an answer that is late, and shows it all the same', async () => {
    lead();
    await seconds(3);
    distort = ({ atMs }) => unknownReading(atMs, 'late', 'no answer');
    await seconds(2);
    expect(conditionOf('ScalingActive')).toBe('False ReadingLate');
    distort = (reading) => reading;
    await seconds(3);
    expect(conditionOf('ScalingActive')).toMatch(/^True/);
    distort = ({ atMs }) => unknownReading(atMs, 'late', 'no answer');
    await seconds(4);
    distort = (reading) => reading;
    await seconds(10);
    expect(api.events).toEqual([]);
  });

  it('is not misled by a watch that has died: what it wrote itself it knows', async () => {
    lead();
    await seconds(3);
    api.silent = true;
    queue = 800;
    await clock.advance(2_000);
    const before = replicas() ?? 0;
    expect(before).toBeGreaterThan(1);
    // What the watch told last would be in conflict.
    queue = 60_000;
    await clock.advance(4_000);
    expect(replicas()).toBeGreaterThan(before);
    expect(api.scales).toEqual([...api.scales].sort((a, b) => a - b));
    expect(await registry.metrics()).not.toMatch(/newsjet_scaler_changes_total\{[^}]*outcome="conflict"/);
  });

  it('overrules nobody who was faster', async () => {
    lead();
    await seconds(3);
    api.silent = true;
    put('w', 7);
    api.silent = false;
    queue = 3_000;
    await clock.advance(2_000);
    expect(replicas()).toBe(7);
    expect(await registry.metrics()).toMatch(/newsjet_scaler_changes_total\{[^}]*outcome="conflict"/);
  });

  it('says that there is no Deployment, and begins as soon as there is', async () => {
    lead();
    api.remove(DEPLOYMENTS, 'w');
    await seconds(3);
    expect(conditionOf('AbleToScale')).toBe('False DeploymentMissing');
    expect(conditionOf('ScalingActive')).toBe('False NothingToScale');
    put('w', 0);
    await seconds(3);
    expect(conditionOf('AbleToScale')).toMatch(/^True/);
    expect(replicas()).toBe(1);
  });

  it('lets the oldest of several scalers scale a Deployment', async () => {
    lead();
    putScaler('also', { minReplicas: 9 });
    await seconds(4);
    expect(conditionOf('AbleToScale', 'also')).toBe('False DeploymentTaken');
    expect([replicas(), conditionOf('AbleToScale')]).toEqual([1, 'True Ready']);
    api.remove(WORKER_SCALERS, 'w');
    await seconds(4);
    expect(conditionOf('AbleToScale', 'also')).toMatch(/^True/);
    expect(replicas()).toBe(9);
  });

  it('says what is wrong with a spec, and touches nothing', async () => {
    lead();
    await seconds(2);
    const { lagPerReplica: _, ...spec } = sampleSpec({ target: { name: 'w' }, minReplicas: 5, maxReplicas: 2 });
    api.put(WORKER_SCALERS, { metadata: { name: 'w', generation: 2 }, spec } as never);
    await seconds(3);
    expect(conditionOf('ScalingActive')).toBe('False InvalidSpec');
    expect(api.scalers.get('w')?.status?.observedGeneration).toBe(2);
    expect(api.scales).toEqual([]);
  });

  it('forgets a scaler that was deleted', async () => {
    lead();
    await seconds(3);
    expect(await registry.metrics()).toContain('newsjet_scaler_desired_replicas{scaler="w"');
    api.remove(WORKER_SCALERS, 'w');
    await seconds(1);
    const before = reads;
    await seconds(5);
    expect(reads).toBe(before);
    expect(await registry.metrics()).not.toContain('newsjet_scaler_desired_replicas{scaler="w"');
  });
});

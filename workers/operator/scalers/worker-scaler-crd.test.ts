// The CRD on a real API server: what it fills in, what it refuses, and that it agrees with what the operator would say.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { API_SERVER_TIMEOUT_MS } from '../../../test/support/api-server/shared.ts';
import { ApiBench } from '../kubernetes/testing/api-bench.ts';
import { validateSpec } from '../scaling/validation.ts';
import { WORKER_SCALERS, type WorkerScaler } from './resources.ts';
import { defineWorkerScalers } from './testing/scaler-bench.ts';

const { signal } = new AbortController();
let bench: ApiBench;
let count = 0;

beforeAll(async () => {
  bench = await ApiBench.start('crd');
  await defineWorkerScalers(bench);
}, API_SERVER_TIMEOUT_MS);
afterAll(() => bench?.stop());

const BASE = { target: { name: 'w' }, stream: 'NEWS', consumer: 'w', maxReplicas: 10, batch: 100 };
const create = (spec: object): Promise<WorkerScaler> => {
  count += 1;
  const metadata = { name: `w${count}`, namespace: bench.namespace };
  return bench.admin.create(WORKER_SCALERS, { metadata, spec } as WorkerScaler, { signal });
};
const behavior = (rules: object) => ({ ...BASE, drainSeconds: 30, behavior: { scaleUp: rules } });

describe('a WorkerScaler', () => {
  it.each([
    ['seconds to drain in', { ...BASE, drainSeconds: 1 }],
    ['lag for a replica', { ...BASE, lagPerReplica: 200 }],
    ['a worker that may sleep', { ...BASE, drainSeconds: 30, minReplicas: 0 }],
    ['a fixed number', { ...BASE, drainSeconds: 30, minReplicas: 10 }],
    ['rules', behavior({ policies: [{ type: 'Pods', value: 1, periodSeconds: 1_800 }], selectPolicy: 'Min' })],
    ['no scaling up', behavior({ selectPolicy: 'Disabled', tolerance: 0, stabilizationWindowSeconds: 3_600 })],
  ])('is accepted with %s', async (_, spec) => {
    expect(validateSpec(spec as WorkerScaler['spec'])).toEqual([]);
    const stored = await create(spec);
    expect(stored.spec).toEqual({ minReplicas: 1, ...spec });
  });

  it.each([
    ['neither goal', BASE, 'exactly one of drainSeconds and lagPerReplica'],
    ['both goals', { ...BASE, drainSeconds: 1, lagPerReplica: 500 }, 'exactly one of drainSeconds and lagPerReplica'],
    ['less lag than two batches', { ...BASE, lagPerReplica: 199 }, 'at least 2 batches'],
    ['more at least than at most', { ...BASE, drainSeconds: 1, minReplicas: 11 }, 'must not be more than maxReplicas'],
    ['no replica at most', { ...BASE, drainSeconds: 1, maxReplicas: 0 }, 'spec.maxReplicas'],
    ['less than nothing', { ...BASE, drainSeconds: 1, minReplicas: -1 }, 'spec.minReplicas'],
    ['half a batch', { ...BASE, drainSeconds: 1, batch: 0.5 }, 'spec.batch'],
    ['a stream with a wildcard', { ...BASE, drainSeconds: 1, stream: 'NEWS.>' }, 'spec.stream'],
    ['no name', { ...BASE, drainSeconds: 1, target: { name: '' } }, 'spec.target.name'],
    ['an unknown policy', behavior({ selectPolicy: 'Average' }), 'selectPolicy'],
    ['no policies', behavior({ policies: [] }), 'policies'],
    ['a period of nothing', behavior({ policies: [{ type: 'Pods', value: 1, periodSeconds: 0 }] }), 'periodSeconds'],
    ['a window of days', behavior({ stabilizationWindowSeconds: 90_000 }), 'stabilizationWindowSeconds'],
    ['a tolerance of everything', behavior({ tolerance: 1 }), 'tolerance'],
    [
      'sleep without waking',
      { ...behavior({ selectPolicy: 'Disabled' }), minReplicas: 0 },
      'nothing could wake the worker',
    ],
  ])('is refused with %s, by the API server as by the operator', async (_, spec, message) => {
    expect(validateSpec(spec as WorkerScaler['spec'])).not.toEqual([]);
    await expect(create(spec)).rejects.toThrow(message);
  });

  it('does not let its status be written with its spec, nor its spec with its status', async () => {
    const created = await create({ ...BASE, drainSeconds: 30, status: { lag: 1 } });
    const at = { name: created.metadata.name, namespace: bench.namespace };
    const patched = await bench.admin.patch(WORKER_SCALERS, at, { status: { lag: 5 } }, { signal });
    expect(patched.status).toBeUndefined();
    const told = await bench.admin.patchStatus(WORKER_SCALERS, at, { lag: 5, reading: 'known' }, { signal });
    expect(told).toMatchObject({ status: { lag: 5 }, metadata: { generation: created.metadata.generation } });
    await expect(bench.admin.patchStatus(WORKER_SCALERS, at, { reading: 'perhaps' }, { signal })).rejects.toThrow(
      'status.reading',
    );
  });
});

import { describe, expect, it } from 'vitest';
import type { KubeObject } from './kubectl.ts';
import { progressOf } from './rollout.ts';

type Status = Readonly<Record<string, unknown>>;

const LABELS = { 'app.kubernetes.io/name': 'worker' };

const workload = (kind: string, spec: Status, status: Status | undefined, generation = 2): KubeObject => ({
  kind,
  metadata: { name: 'worker', uid: 'u', generation },
  spec: { selector: { matchLabels: LABELS }, ...spec },
  ...(status ? { status } : {}),
});

const deployment = (status: Status | undefined, replicas = 3): KubeObject =>
  workload('Deployment', { replicas }, status);

const ROLLED = { observedGeneration: 2, replicas: 3, updatedReplicas: 3, readyReplicas: 3, availableReplicas: 3 };

const statefulSet = (status: Status): KubeObject => workload('StatefulSet', { replicas: 3 }, status);
const SETTLED = { ...ROLLED, currentReplicas: 3, currentRevision: 'nats-7d9', updateRevision: 'nats-7d9' };

const job = (status: Status | undefined): KubeObject => workload('Job', { completions: 1, backoffLimit: 6 }, status, 1);

const pod = (status: Status, more: Status = {}, labels: Readonly<Record<string, string>> = LABELS): KubeObject => ({
  kind: 'Pod',
  metadata: { name: 'worker-1', uid: 'p', labels: { ...labels, 'pod-template-hash': '1' }, ...more },
  spec: {},
  status,
});

const container = (state: Status, restartCount = 0, ready = false): Status => ({
  phase: 'Running',
  conditions: [{ type: 'PodScheduled', status: 'True' }],
  containerStatuses: [{ name: 'worker', ready, restartCount, state }],
});

const RUNNING = pod(container({ running: { startedAt: '2026-11-22T10:00:00Z' } }, 0, true));
const STARTING = pod(container({ running: { startedAt: '2026-11-22T10:00:00Z' } }));
const PULLING = pod(
  container({ waiting: { reason: 'ImagePullBackOff', message: 'Back-off pulling image "newsjet/worker:0.1.0"' } }),
);
const CRASHING = pod(container({ waiting: { reason: 'CrashLoopBackOff' } }, 4));
const ENDED = pod({ ...container({ terminated: { reason: 'Error', exitCode: 1 } }), phase: 'Failed' });
const EVICTED = pod({ phase: 'Failed', reason: 'Evicted' });
const OF_ANOTHER = pod(
  STARTING.status,
  { deletionTimestamp: '2026-11-22T10:01:00Z' },
  { 'app.kubernetes.io/name': 'other' },
);
const HOMELESS = pod({
  phase: 'Pending',
  conditions: [
    {
      type: 'PodScheduled',
      status: 'False',
      reason: 'Unschedulable',
      message: '0/4 nodes are available: 3 Insufficient cpu.',
    },
  ],
});
const LEAVING = pod(container({ running: {} }, 0, true), { deletionTimestamp: '2026-11-22T10:01:00Z' });

describe('progressOf', () => {
  it.each<[string, KubeObject, KubeObject[], string, string]>([
    ['a Deployment nobody has looked at', deployment(undefined), [], '0 of 3', ''],
    [
      'a Deployment whose change nobody has looked at',
      deployment({ ...ROLLED, observedGeneration: 1 }),
      [RUNNING],
      '3 of 3',
      '',
    ],
    [
      'a Deployment that rolls',
      deployment({ ...ROLLED, replicas: 4, updatedReplicas: 1 }),
      [RUNNING, STARTING],
      '3 of 3',
      'not ready',
    ],
    [
      'a Deployment with an old pod too many',
      deployment({ ...ROLLED, replicas: 4, readyReplicas: 4 }),
      [RUNNING],
      '4 of 3',
      '',
    ],
    [
      'a Deployment with a pod that is not ready',
      deployment({ ...ROLLED, readyReplicas: 2 }),
      [RUNNING, STARTING],
      '2 of 3',
      'not ready',
    ],
    ['a Deployment with a pod that leaves', deployment(ROLLED), [RUNNING, LEAVING], '3 of 3', 'terminating'],
    [
      'a StatefulSet with a revision in progress',
      statefulSet({ ...SETTLED, updateRevision: 'nats-8f1', updatedReplicas: 3, currentReplicas: 0 }),
      [RUNNING],
      '3 of 3',
      '',
    ],
    [
      'a StatefulSet whose second pod is replaced',
      statefulSet({ ...SETTLED, updateRevision: 'nats-8f1', updatedReplicas: 1, readyReplicas: 2 }),
      [RUNNING, LEAVING],
      '2 of 3',
      'terminating',
    ],
    ['a Job that runs', job({ active: 1 }), [STARTING], 'running', 'not ready'],
    ['a Job nobody has looked at', job(undefined), [], 'running', ''],
    [
      'a Job whose first pod failed',
      job({ active: 1, failed: 1 }),
      [ENDED, CRASHING],
      'running',
      'Error, CrashLoopBackOff, restarted 4 times',
    ],
  ])('waits for %s', (_, object, pods, state, reason) => {
    expect(progressOf(object, pods)).toEqual({
      workload: `${object.kind.toLowerCase()}/worker`,
      done: false,
      failed: false,
      state,
      reason,
    });
  });

  it.each<[string, KubeObject, KubeObject[], string]>([
    ['a Deployment', deployment(ROLLED), [RUNNING], '3 of 3'],
    ['a Deployment that is asleep', deployment({ observedGeneration: 2 }, 0), [], '0 of 0'],
    [
      'a Deployment that the API server gave its one replica',
      workload('Deployment', {}, { ...ROLLED, replicas: 1, updatedReplicas: 1, readyReplicas: 1 }),
      [RUNNING],
      '1 of 1',
    ],
    ['a StatefulSet', statefulSet(SETTLED), [RUNNING], '3 of 3'],
    ['a Job', job({ succeeded: 1, conditions: [{ type: 'Complete', status: 'True' }] }), [CRASHING], 'done'],
    ['a Deployment, whatever becomes of the pods of others', deployment(ROLLED), [RUNNING, OF_ANOTHER], '3 of 3'],
  ])('is done with %s', (_, object, pods, state) => {
    expect(progressOf(object, pods)).toMatchObject({ done: true, failed: false, state, reason: '' });
  });

  it('takes a Job for failed when it has failed for good, and not before', () => {
    const conditions = [{ type: 'Failed', status: 'True', reason: 'BackoffLimitExceeded' }];
    const gone = progressOf(job({ failed: 7, conditions }), [ENDED]);
    expect(gone).toMatchObject({ done: false, failed: true, state: 'failed', reason: 'Error' });
    expect(progressOf(job({ failed: 3, conditions: [{ type: 'Failed', status: 'False' }] }), []).failed).toBe(false);
  });

  it.each([
    ['that can go nowhere', [HOMELESS], '0/4 nodes are available: 3 Insufficient cpu.'],
    ['whose image is not to be had', [PULLING, PULLING], 'ImagePullBackOff'],
    ['that fails again and again', [CRASHING, STARTING], 'CrashLoopBackOff, restarted 4 times, not ready'],
    ['that was evicted', [EVICTED], 'Evicted'],
    ['that ended well', [pod({ phase: 'Succeeded' })], ''],
    ['that nobody has looked at', [pod({ phase: 'Pending' })], ''],
  ])('says why of a pod %s', (_, pods, reason) => {
    expect(progressOf(deployment({ ...ROLLED, readyReplicas: 0 }), pods).reason).toBe(reason);
  });
});

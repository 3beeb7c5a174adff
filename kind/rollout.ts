// How far workloads have come: what is ready of what is wanted, and what keeps the rest.
import type { KubeObject } from './kubectl.ts';

/** The kinds of objects that a rollout waits for. */
export const WORKLOADS = ['deployments.apps', 'statefulsets.apps', 'jobs.batch'] as const;

/** Where a workload stands. */
export interface Progress {
  readonly workload: string;
  readonly done: boolean;
  /** Will not come true any more without a change. */
  readonly failed: boolean;
  /** Such as `2 of 3`. */
  readonly state: string;
  /** Why it is not done, as its pods tell. */
  readonly reason: string;
}

/** Says where a workload stands. */
export function progressOf(workload: KubeObject, pods: readonly KubeObject[]): Progress {
  const { kind, metadata } = workload;
  const name = metadata.name;
  const mine = pods.filter((pod) => isPodOf(workload, pod));
  const { done, failed, state } = kind === 'Job' ? jobState(workload) : replicaState(workload, mine);
  return {
    workload: `${kind.toLowerCase()}/${name}`,
    ...{ done, failed, state },
    reason: done ? '' : [...new Set(mine.flatMap(reasonsOf))].join(', '),
  };
}

type State = Pick<Progress, 'done' | 'failed' | 'state'>;

function jobState({ spec, status = {} }: KubeObject): State {
  const done = (status.succeeded ?? 0) >= (spec.completions ?? 1);
  const failed = (status.conditions ?? []).some(
    (condition: { type: string; status: string }) => condition.type === 'Failed' && condition.status === 'True',
  );
  return { done, failed, state: done ? 'done' : failed ? 'failed' : 'running' };
}

function replicaState(workload: KubeObject, pods: readonly KubeObject[]): State {
  const { kind, metadata, spec, status = {} } = workload;
  const wanted = spec.replicas ?? 1;
  const ready = status.readyReplicas ?? 0;
  const seen = (status.observedGeneration ?? 0) >= (metadata.generation ?? 0);
  const updated = (status.updatedReplicas ?? 0) >= wanted;
  // Of a StatefulSet whose last pod was replaced, the revisions are one again.
  const settled = kind === 'StatefulSet' ? status.currentRevision === status.updateRevision : true;
  const leaving = pods.some(({ metadata: { deletionTimestamp } }) => deletionTimestamp !== undefined);
  const exact = kind === 'StatefulSet' || (status.replicas ?? 0) === wanted;
  return {
    done: seen && updated && settled && exact && ready >= wanted && !leaving,
    failed: false,
    state: `${ready} of ${wanted}`,
  };
}

/** Whether a pod belongs to a workload. */
export const isPodOf = ({ spec }: KubeObject, { metadata: { labels = {} } }: KubeObject): boolean =>
  Object.entries((spec.selector?.matchLabels ?? {}) as Record<string, string>).every(
    ([label, value]) => labels[label] === value,
  );

interface ContainerStatus {
  readonly ready: boolean;
  readonly restartCount: number;
  readonly state?: {
    readonly waiting?: { readonly reason?: string };
    readonly terminated?: { readonly reason?: string };
  };
}

/** Why a pod is not ready, in words of Kubernetes. */
function reasonsOf({ metadata, status = {} }: KubeObject): string[] {
  if (metadata.deletionTimestamp) return ['terminating'];
  if (status.phase === 'Succeeded') return [];
  const unschedulable = (
    (status.conditions ?? []) as { type: string; status: string; reason?: string; message?: string }[]
  ).find(({ type, status: value }) => type === 'PodScheduled' && value === 'False');
  if (unschedulable) return [unschedulable.message ?? unschedulable.reason ?? 'not scheduled'];
  if (status.reason) return [status.reason];
  return ((status.containerStatuses ?? []) as ContainerStatus[])
    .filter(({ ready }) => !ready)
    .map(({ state, restartCount }) => {
      const reason = state?.waiting?.reason ?? state?.terminated?.reason ?? 'not ready';
      return restartCount > 0 ? `${reason}, restarted ${restartCount} times` : reason;
    });
}

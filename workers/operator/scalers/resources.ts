// The kinds of objects that scaling is about, as far as it looks at them.
import { WORKER_SCALER, type WorkerScalerSpec, type WorkerScalerStatus } from '../../contract/worker-scaler.ts';
import type { KubernetesObject } from '../kubernetes/object.ts';
import { defineResource } from '../kubernetes/resource.ts';

export interface WorkerScaler extends KubernetesObject {
  readonly spec: WorkerScalerSpec;
  readonly status?: WorkerScalerStatus;
}

export interface Deployment extends KubernetesObject {
  readonly spec: { readonly replicas?: number };
  readonly status?: { readonly readyReplicas?: number };
}

export const WORKER_SCALERS = defineResource<WorkerScaler>(WORKER_SCALER);

export const DEPLOYMENTS = defineResource<Deployment>({
  group: 'apps',
  version: 'v1',
  plural: 'deployments',
  kind: 'Deployment',
});

// Jobs that run once for what they are made of, and are left alone as long as that is the same.
import { k8s } from 'cdk8s-plus-27';
import type { Construct } from 'constructs';
import { contentHash } from './component.ts';
import { type PodProps, podTemplate } from './pod.ts';

export interface OnceProps {
  /** Name of the Job, up to the hash. */
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  /** What it does its work on: when that changes, or its pod, there is a new Job. */
  readonly content: unknown;
  readonly pod: Omit<PodProps, 'name' | 'labels' | 'restartPolicy'>;
}

/**
 * A Job named by the hash of its pod and content. Finished ones stay, or applying the same manifests would run them again; a
 * Job can't be changed, so anything else needs another name.
 */
export class OnceJob extends k8s.KubeJob {
  constructor(scope: Construct, id: string, { name, labels, content, pod }: OnceProps) {
    const template = podTemplate({ ...pod, name, labels, restartPolicy: 'OnFailure' });
    super(scope, id, {
      metadata: {
        name: `${name}-${contentHash([content, k8s.toJson_PodTemplateSpec(template)])}`,
        labels: { ...labels },
      },
      // What it waits for may take long in a new cluster; every attempt is further from the one before.
      spec: { template, backoffLimit: 20 },
    });
  }
}

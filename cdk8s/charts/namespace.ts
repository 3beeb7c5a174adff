// The namespace, in which only restricted pods are admitted.
import { Chart } from 'cdk8s';
import { k8s } from 'cdk8s-plus-27';
import type { Construct } from 'constructs';
import type { ComponentProps } from '../component.ts';
import { PART_OF_LABEL } from '../names.ts';

const POD_SECURITY = 'pod-security.kubernetes.io';

export class NamespaceChart extends Chart {
  constructor(scope: Construct, id: string, { settings }: ComponentProps) {
    super(scope, id);
    new k8s.KubeNamespace(this, 'namespace', {
      metadata: {
        name: settings.namespace,
        labels: {
          [PART_OF_LABEL]: 'newsjet',
          ...Object.fromEntries(['enforce', 'audit', 'warn'].map((mode) => [`${POD_SECURITY}/${mode}`, 'restricted'])),
        },
      },
    });
  }
}

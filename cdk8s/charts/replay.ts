// Puts dead letters back: a job that runs only when somebody makes one from this template, with what to replay.
import { Chart } from 'cdk8s';
import { k8s } from 'cdk8s-plus-27';
import type { Construct } from 'constructs';
import { REPLAY } from '../../workers/contract/roles.ts';
import type { ComponentProps } from '../component.ts';
import { labelsOf } from '../names.ts';
import { identityVolume, NODE_USER, natsEnvironment } from '../pipeline-client.ts';
import { podTemplate } from '../pod.ts';
import { workerImage } from '../versions.ts';

export class ReplayChart extends Chart {
  constructor(scope: Construct, id: string, { versions, settings }: ComponentProps) {
    const labels = labelsOf(REPLAY, REPLAY);
    super(scope, id, { namespace: settings.namespace, labels });
    new k8s.KubeCronJob(this, 'template', {
      metadata: { name: REPLAY },
      spec: {
        // Suspended for good: a CronJob is the one kind of template that `kubectl create job --from` takes.
        suspend: true,
        schedule: '0 0 1 1 *',
        concurrencyPolicy: 'Forbid',
        jobTemplate: {
          spec: {
            // It tries for long by itself; a second run would say of what the first put back that it is not there.
            backoffLimit: 0,
            ttlSecondsAfterFinished: 86_400,
            template: podTemplate({
              name: REPLAY,
              labels,
              image: workerImage(versions, REPLAY),
              user: NODE_USER,
              restartPolicy: 'Never',
              environment: natsEnvironment(REPLAY),
              mounts: [identityVolume(REPLAY)],
              resources: { requests: { cpu: '50m', memory: '64Mi' }, limits: { cpu: '1', memory: '256Mi' } },
            }),
          },
        },
      },
    });
  }
}

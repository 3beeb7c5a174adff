// The newsroom: built-in feeds, and an X of its own, for definitions that name them.
import { Chart } from 'cdk8s';
import { k8s } from 'cdk8s-plus-27';
import type { Construct } from 'constructs';
import type { ComponentProps } from '../component.ts';
import * as names from '../names.ts';
import { NODE_USER } from '../pipeline-client.ts';
import { podTemplate } from '../pod.ts';
import { ALIVE, httpProbe, READY, STARTING } from '../probes.ts';
import { servicePort } from '../service-port.ts';
import { workerImage } from '../versions.ts';

export class NewsroomChart extends Chart {
  constructor(scope: Construct, id: string, { versions, settings }: ComponentProps) {
    const labels = names.labelsOf(names.NEWSROOM, names.NEWSROOM);
    super(scope, id, { namespace: settings.namespace, labels });
    new k8s.KubeService(this, 'service', {
      metadata: { name: names.NEWSROOM },
      spec: {
        selector: names.selectorOf(names.NEWSROOM).matchLabels,
        ports: [servicePort('http', names.NEWSROOM_PORT)],
      },
    });
    new k8s.KubeDeployment(this, 'deployment', {
      metadata: { name: names.NEWSROOM },
      spec: {
        replicas: 1,
        selector: names.selectorOf(names.NEWSROOM),
        template: podTemplate({
          name: names.NEWSROOM,
          labels,
          image: workerImage(versions, names.NEWSROOM),
          user: NODE_USER,
          environment: {
            HOST: '0.0.0.0',
            PORT: String(names.NEWSROOM_PORT),
            NEWSROOM_PUBLIC_URL: names.NEWSROOM_URL,
            NEWSROOM_X_TOKEN: names.NEWSROOM_X_TOKEN,
          },
          ports: { http: names.NEWSROOM_PORT },
          probes: {
            startupProbe: httpProbe('http', '/healthz', STARTING),
            readinessProbe: httpProbe('http', '/healthz', READY),
            livenessProbe: httpProbe('http', '/healthz', ALIVE),
          },
          resources: { requests: { cpu: '50m', memory: '96Mi' }, limits: { cpu: '1', memory: '256Mi' } },
        }),
      },
    });
  }
}

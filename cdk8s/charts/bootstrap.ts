// Creates streams and consumers: a Job named by the hash of the topology, and the definition that it reads.
import { Chart } from 'cdk8s';
import { k8s } from 'cdk8s-plus-27';
import type { Construct } from 'constructs';
import { BOOTSTRAP } from '../../workers/contract/roles.ts';
import type { ComponentProps } from '../component.ts';
import { labelsOf } from '../names.ts';
import { OnceJob } from '../once.ts';
import { identityVolume, NODE_USER, natsEnvironment } from '../pipeline-client.ts';
import { workerImage } from '../versions.ts';
import { configMapVolume } from '../volumes.ts';

/** The ConfigMap of what the manifests were made from. */
export const DEFINITION = 'definition';
export const DEFINITION_DIRECTORY = '/etc/newsjet/definition';
export const DEFINITION_FILE = 'newsjet.yaml';
export const SETTINGS_FILE = 'settings.json';
/** Servers of a new cluster come up meanwhile; after that, the Job starts anew. */
const QUORUM_TIMEOUT_MS = 300_000;

export interface BootstrapProps extends ComponentProps {
  /** Text of the definition that the topology was computed from. */
  readonly definition: string;
}

export class BootstrapChart extends Chart {
  constructor(scope: Construct, id: string, { definition, topology, versions, settings }: BootstrapProps) {
    const labels = labelsOf(BOOTSTRAP, BOOTSTRAP);
    super(scope, id, { namespace: settings.namespace, labels });
    new k8s.KubeConfigMap(this, 'definition', {
      metadata: { name: DEFINITION },
      data: {
        [DEFINITION_FILE]: definition,
        // The operator synthesizes, too: the same definition with further sources, and all else as it is here.
        [SETTINGS_FILE]: `${JSON.stringify({ settings, versions }, null, 2)}\n`,
      },
    });
    new OnceJob(this, 'job', {
      name: BOOTSTRAP,
      labels,
      // Not the text: a comment changes nothing that there is to do.
      content: topology,
      pod: {
        image: workerImage(versions, BOOTSTRAP),
        user: NODE_USER,
        environment: {
          ...natsEnvironment(BOOTSTRAP),
          DEFINITION: `${DEFINITION_DIRECTORY}/${DEFINITION_FILE}`,
          QUORUM_TIMEOUT_MS: String(QUORUM_TIMEOUT_MS),
          // The operator knows NewsSources, too, and removes what belongs to nobody.
          ...(settings.scaling === 'operator' ? { UNKNOWN_SOURCES: 'keep' } : {}),
        },
        mounts: [identityVolume(BOOTSTRAP), configMapVolume('definition', DEFINITION, DEFINITION_DIRECTORY)],
        resources: { requests: { cpu: '50m', memory: '96Mi' }, limits: { cpu: '1', memory: '512Mi' } },
      },
    });
  }
}

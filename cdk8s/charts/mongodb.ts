// The database: one server with TLS and authentication, and a Job that creates the application's users in it.
import { Chart } from 'cdk8s';
import { k8s } from 'cdk8s-plus-27';
import type { Construct } from 'constructs';
import { COMBINED_PEM } from '../../workers/contract/secret-plan.ts';
import type { ComponentProps } from '../component.ts';
import * as names from '../names.ts';
import { OnceJob } from '../once.ts';
import { NODE_USER } from '../pipeline-client.ts';
import { podTemplate, type Resources } from '../pod.ts';
import { ALIVE, READY, STARTING, tcpProbe } from '../probes.ts';
import { MONGODB_APP_SECRET, MONGODB_READER_SECRET, MONGODB_ROOT_SECRET, MONGODB_SECRET } from '../secret-plan.ts';
import { servicePort } from '../service-port.ts';
import { StatefulSet } from '../stateful-set.ts';
import { workerImage } from '../versions.ts';
import { claimedVolume, claimTemplate, scratchVolume, secretVolume } from '../volumes.ts';

/** Of the image mongo. */
const USER = 999;
const ROOT_DIRECTORY = '/etc/newsjet/root';
const APP_DIRECTORY = '/etc/newsjet/app';
const READER_DIRECTORY = '/etc/newsjet/reader';
const RESOURCES: Resources = {
  requests: { cpu: '200m', memory: '512Mi' },
  limits: { cpu: '2', memory: '1Gi' },
};
/** A quarter of the memory: connections and sorts take theirs beside it. */
const CACHE_GB = '0.25';
/** A checkpoint is written before the server ends. */
const GRACE_SECONDS = 60;

export class MongodbChart extends Chart {
  constructor(scope: Construct, id: string, { versions, settings }: ComponentProps) {
    const labels = names.labelsOf(names.MONGODB, names.MONGODB);
    super(scope, id, { namespace: settings.namespace, labels });
    new k8s.KubeService(this, 'service', {
      metadata: { name: names.MONGODB },
      spec: {
        clusterIp: 'None',
        selector: names.selectorOf(names.MONGODB).matchLabels,
        ports: [servicePort('mongodb', names.MONGODB_PORT)],
      },
    });
    new StatefulSet(this, 'server', {
      metadata: { name: names.MONGODB },
      spec: {
        serviceName: names.MONGODB,
        replicas: 1,
        podManagementPolicy: 'OrderedReady',
        updateStrategy: { type: 'RollingUpdate' },
        persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Retain', whenScaled: 'Retain' },
        selector: names.selectorOf(names.MONGODB),
        template: podTemplate({
          name: names.MONGODB,
          labels,
          image: versions.images.mongodb,
          user: USER,
          // The image's own entry point adds the first user.
          args: [
            ...['mongod', '--bind_ip_all', '--auth', '--wiredTigerCacheSizeGB', CACHE_GB],
            ...['--tlsMode', 'requireTLS', '--tlsAllowConnectionsWithoutCertificates'],
            ...['--tlsCertificateKeyFile', `${names.TLS_DIRECTORY}/${COMBINED_PEM}`],
            ...['--tlsCAFile', `${names.TLS_DIRECTORY}/ca.crt`],
          ],
          environment: {
            MONGO_INITDB_ROOT_USERNAME_FILE: `${ROOT_DIRECTORY}/username`,
            MONGO_INITDB_ROOT_PASSWORD_FILE: `${ROOT_DIRECTORY}/password`,
          },
          ports: { mongodb: names.MONGODB_PORT },
          mounts: [
            claimedVolume('data', '/data/db'),
            secretVolume('tls', MONGODB_SECRET, names.TLS_DIRECTORY, { keys: ['ca.crt', COMBINED_PEM] }),
            secretVolume('root', MONGODB_ROOT_SECRET, ROOT_DIRECTORY, { keys: ['username', 'password'] }),
            scratchVolume('tmp', '/tmp', '64Mi'),
            // A volume of the image; where there is none of ours, not every runtime makes one.
            scratchVolume('configdb', '/data/configdb', '1Mi'),
          ],
          probes: {
            startupProbe: tcpProbe('mongodb', STARTING),
            readinessProbe: tcpProbe('mongodb', READY),
            livenessProbe: tcpProbe('mongodb', ALIVE),
          },
          graceSeconds: GRACE_SECONDS,
          resources: RESOURCES,
        }),
        volumeClaimTemplates: [claimTemplate({ name: 'data', size: '10Gi', storageClass: settings.storageClass })],
      },
    });
    new OnceJob(this, 'user', {
      name: names.MONGODB_USER,
      labels: names.labelsOf(names.MONGODB_USER, names.MONGODB_USER),
      content: null,
      pod: {
        image: workerImage(versions, names.MONGODB_USER),
        user: NODE_USER,
        environment: {
          WORKER: names.MONGODB_USER,
          MONGODB_URI_FILE: `${ROOT_DIRECTORY}/uri`,
          MONGODB_DATABASE: names.MONGODB_DATABASE,
          APP_USERNAME_FILE: `${APP_DIRECTORY}/username`,
          APP_PASSWORD_FILE: `${APP_DIRECTORY}/password`,
          READER_USERNAME_FILE: `${READER_DIRECTORY}/username`,
          READER_PASSWORD_FILE: `${READER_DIRECTORY}/password`,
        },
        mounts: [
          // The authority's certificate alone, not the server's key.
          secretVolume('tls', MONGODB_SECRET, names.TLS_DIRECTORY, { keys: ['ca.crt'] }),
          secretVolume('root', MONGODB_ROOT_SECRET, ROOT_DIRECTORY, { keys: ['uri'] }),
          secretVolume('app', MONGODB_APP_SECRET, APP_DIRECTORY, { keys: ['username', 'password'] }),
          secretVolume('reader', MONGODB_READER_SECRET, READER_DIRECTORY, { keys: ['username', 'password'] }),
        ],
        resources: { requests: { cpu: '50m', memory: '64Mi' }, limits: { cpu: '1', memory: '256Mi' } },
      },
    });
  }
}

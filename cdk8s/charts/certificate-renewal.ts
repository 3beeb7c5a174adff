// What the operator's pod and Role need so that it renews certificates: the plan, the system account, and Secrets
// to change by name.
import type { k8s } from 'cdk8s-plus-27';
import { SYSTEM } from '../../workers/contract/roles.ts';
import type { ComponentProps } from '../component.ts';
import { MONGODB, NATS, NATS_CLIENT_PORT, NATS_HEADLESS } from '../names.ts';
import { identitySecret, secretPlan } from '../secret-plan.ts';
import { configMapVolume, type MountedVolume, secretVolume } from '../volumes.ts';
import { PLAN_DIRECTORY, PLAN_FILE, PLAN_NAME } from './certs.ts';

const SYSTEM_DIRECTORY = '/etc/newsjet/system';

export interface CertificateRenewal {
  readonly environment: Readonly<Record<string, string>>;
  readonly mounts: readonly MountedVolume[];
  readonly rules: readonly k8s.PolicyRule[];
}

/** Has the operator ask the servers over the system account: to read permissions and certificates anew. */
export function systemAccess({ topology }: ComponentProps): Omit<CertificateRenewal, 'rules'> {
  const servers = Array.from({ length: topology.servers }, (_, index) => `${NATS}-${index}`);
  return {
    environment: {
      NATS_SERVERS: servers.map((name) => `${name}=${name}.${NATS_HEADLESS}:${NATS_CLIENT_PORT}`).join(','),
      SYSTEM_CA: `${SYSTEM_DIRECTORY}/ca.crt`,
      SYSTEM_CERT: `${SYSTEM_DIRECTORY}/tls.crt`,
      SYSTEM_KEY: `${SYSTEM_DIRECTORY}/tls.key`,
    },
    mounts: [secretVolume('system', identitySecret(SYSTEM), SYSTEM_DIRECTORY)],
  };
}

/** Where others issue certificates, all of it is empty. */
export function certificateRenewal(props: ComponentProps): CertificateRenewal {
  if (props.settings.certificates !== 'own') return { environment: {}, mounts: [], rules: [] };
  const { authority, certificates } = secretPlan(props);
  const database = props.settings.mongodbUriSecret === undefined;
  return {
    environment: {
      PLAN: `${PLAN_DIRECTORY}/${PLAN_FILE}`,
      ...(database ? { DATABASE: MONGODB } : {}),
    },
    mounts: [configMapVolume('plan', PLAN_NAME, PLAN_DIRECTORY)],
    // What it takes beside them, to read and create Secrets and to patch the servers' pods, NewsSources take, too.
    rules: [
      {
        ...{ apiGroups: [''], resources: ['secrets'], verbs: ['update'] },
        resourceNames: [authority, ...certificates].map(({ secret }) => secret),
      },
      ...(database
        ? [{ apiGroups: ['apps'], resources: ['statefulsets'], verbs: ['patch'], resourceNames: [MONGODB] }]
        : []),
    ],
  };
}

// What the operator's pod and Role need so that it sees to certificates: the plan, the system account, the database to restart.
import type { k8s } from 'cdk8s-plus-27';
import { SYSTEM } from '../../workers/contract/roles.ts';
import type { ComponentProps } from '../component.ts';
import { MONGODB, NATS, NATS_CLIENT_PORT, NATS_HEADLESS } from '../names.ts';
import { identitySecret, NATS_SECRET } from '../secret-plan.ts';
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

/**
 * Has the operator renew certificates; where others issue them, it only has the servers take up theirs. What it takes to read and
 * write Secrets and to patch the servers' pods, NewsSources take, too.
 */
export function certificateRenewal(props: ComponentProps): CertificateRenewal {
  if (props.settings.certificates !== 'own')
    return { environment: { SERVER_CERTIFICATE: NATS_SECRET }, mounts: [], rules: [] };
  const database = props.settings.mongodbUriSecret === undefined;
  return {
    environment: {
      PLAN: `${PLAN_DIRECTORY}/${PLAN_FILE}`,
      ...(database ? { DATABASE: MONGODB } : {}),
    },
    mounts: [configMapVolume('plan', PLAN_NAME, PLAN_DIRECTORY)],
    rules: database
      ? [{ apiGroups: ['apps'], resources: ['statefulsets'], verbs: ['patch'], resourceNames: [MONGODB] }]
      : [],
  };
}

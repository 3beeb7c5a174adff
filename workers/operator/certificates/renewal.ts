// The renewal of certificates with all that belongs to it, from settings.
import { readFile } from 'node:fs/promises';
import { SYSTEM } from '../../contract/roles.ts';
import type { PlannedCertificate } from '../../contract/secret-plan.ts';
import { list, type Settings, text } from '../../runtime/environment.ts';
import type { Logger } from '../../runtime/log.ts';
import type { Registry } from '../../runtime/metrics.ts';
import { connectNats } from '../../runtime/nats.ts';
import type { KubernetesClient } from '../kubernetes/client.ts';
import type { EventRecorder } from '../kubernetes/events.ts';
import { DatabaseRestart } from '../servers/database-restart.ts';
import { parseServers } from '../servers/server-addresses.ts';
import { ServerReloader } from '../servers/server-reloader.ts';
import { CertificateMetrics } from './certificate-metrics.ts';
import { readCertificatePlan } from './certificate-plan.ts';
import { CertificateController } from './controller.ts';
import { CertificateFollower } from './follower.ts';

export const RENEWAL_OPTIONS = {
  /** Path of the plan of Secrets. @default none, and nothing is renewed */
  plan: text('PLAN', { otherwise: '' }),
  /** The Secret of the servers' certificate, where it is somebody else who renews it. @default nobody does */
  serverSecret: text('SERVER_CERTIFICATE', { otherwise: '' }),
  /** Every server: `<name>=<host>:<port>`. */
  natsServers: list('NATS_SERVERS', { otherwise: [] }),
  /** The database's StatefulSet. @default there is none of ours */
  database: text('DATABASE', { otherwise: '' }),
  /** Of the system account's identity. */
  systemCa: text('SYSTEM_CA', { otherwise: '' }),
  systemCert: text('SYSTEM_CERT', { otherwise: '' }),
  systemKey: text('SYSTEM_KEY', { otherwise: '' }),
} as const;

export interface RenewalTools {
  readonly namespace: string;
  /** Of its own: it reads every Secret of the plan each time. */
  readonly client: Pick<KubernetesClient, 'get' | 'create' | 'replace' | 'patch'>;
  readonly recorder: Pick<EventRecorder, 'record'>;
  readonly registry: Registry;
  /** Beside those of the plan: what NewsSources call for. Asked each time. @default none */
  readonly furtherCertificates?: () => readonly PlannedCertificate[];
  readonly log: Logger;
}

/** What sees to certificates while this process leads. */
export interface Renewal {
  /** @param still whether this process leads, by the clock */
  lead(signal: AbortSignal, still: () => boolean): Promise<void>;
}

/**
 * Wires what there is to do: to renew certificates, or to have the servers take up what others renew.
 * @returns undefined where there is neither a plan nor a Secret to follow
 * @throws {FatalError} when the plan can't be read, or a server's address
 */
export async function createRenewal(
  settings: Settings<typeof RENEWAL_OPTIONS>,
  { namespace, client, recorder, registry, furtherCertificates = () => [], log }: RenewalTools,
): Promise<Renewal | undefined> {
  const plan = settings.plan === '' ? undefined : await readCertificatePlan(settings.plan);
  const { serverSecret: secret, natsServers, systemCa: natsCa, systemCert: natsCert, systemKey: natsKey } = settings;
  if (!plan && secret === '') return undefined;
  const servers = parseServers(natsServers);
  const natsUrls = servers.map(({ host, port }) => `tls://${host}:${port}`);
  const read = (file: string): Promise<string> => readFile(file, 'utf8');
  const reloader = new ServerReloader({
    ...{ namespace, servers, client, log },
    connect: (signal) => connectNats(SYSTEM, { natsUrls, natsCa, natsCert, natsKey }, log, signal),
    files: async () => ({ ca: await read(natsCa), cert: await read(natsCert), key: await read(natsKey) }),
  });
  const settlement = {
    metrics: new CertificateMetrics(registry),
    settleServers: (serial: string, signal: AbortSignal) => reloader.settle(serial, signal),
    log,
  };
  if (!plan) return new CertificateFollower({ ...settlement, namespace, client, secret });
  const { database } = settings;
  const restart = new DatabaseRestart({ target: { namespace, name: database }, client, log });
  return new CertificateController({
    ...{ ...settlement, namespace, client, recorder },
    plan: () => ({ ...plan, certificates: [...plan.certificates, ...furtherCertificates()] }),
    ...(database !== '' && { settleDatabase: (serial, signal) => restart.settle(serial, signal) }),
  });
}

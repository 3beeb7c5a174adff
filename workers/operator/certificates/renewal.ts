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

export const RENEWAL_OPTIONS = {
  /** Path of the plan of Secrets. @default none, and nothing is renewed */
  plan: text('PLAN', { otherwise: '' }),
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

/**
 * Wires the controller.
 * @returns undefined where there is no plan, or somebody else issues the certificates
 * @throws {FatalError} when the plan can't be read, or a server's address
 */
export async function createRenewal(
  settings: Settings<typeof RENEWAL_OPTIONS>,
  { namespace, client, recorder, registry, furtherCertificates = () => [], log }: RenewalTools,
): Promise<CertificateController | undefined> {
  const plan = settings.plan === '' ? undefined : await readCertificatePlan(settings.plan);
  if (!plan) return undefined;
  const { natsServers, systemCa: natsCa, systemCert: natsCert, systemKey: natsKey, database } = settings;
  const servers = parseServers(natsServers);
  const natsUrls = servers.map(({ host, port }) => `tls://${host}:${port}`);
  const reloader = new ServerReloader({
    ...{ namespace, servers, client, log },
    connect: (signal) => connectNats(SYSTEM, { natsUrls, natsCa, natsCert, natsKey }, log, signal),
    clientFiles: async () => ({ cert: await readFile(natsCert, 'utf8'), key: await readFile(natsKey, 'utf8') }),
  });
  const restart = new DatabaseRestart({ target: { namespace, name: database }, client, log });
  return new CertificateController({
    ...{ namespace, client, recorder, log },
    plan: () => ({ ...plan, certificates: [...plan.certificates, ...furtherCertificates()] }),
    metrics: new CertificateMetrics(registry),
    settleServers: (serial, signal) => reloader.settle(serial, signal),
    ...(database !== '' && { settleDatabase: (serial, signal) => restart.settle(serial, signal) }),
  });
}

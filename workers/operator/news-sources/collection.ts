// NewsSources with all that belongs to them, from settings.
import { SYSTEM } from '../../contract/roles.ts';
import { list, type Settings, text } from '../../runtime/environment.ts';
import type { Logger } from '../../runtime/log.ts';
import { connectNats } from '../../runtime/nats.ts';
import type { KubernetesClient } from '../kubernetes/client.ts';
import type { EventRecorder } from '../kubernetes/events.ts';
import { parseServers } from '../servers/server-addresses.ts';
import { readBase } from './base.ts';
import { Composer } from './composition.ts';
import { NewsSourceController } from './controller.ts';
import { IdentitySecrets } from './identity-secrets.ts';
import { Pipeline, type PipelineOptions } from './pipeline.ts';
import { ServerPermissions } from './server-permissions.ts';

export const COLLECTION_OPTIONS = {
  /** Path of the definition that the manifests were made from. @default none, and there are no NewsSources */
  definition: text('DEFINITION', { otherwise: '' }),
  /** Path of the settings and versions that they were made with. */
  synthesisSettings: text('SETTINGS', { otherwise: '' }),
  /** Every server: `<name>=<host>:<port>`. */
  natsServers: list('NATS_SERVERS', { otherwise: [] }),
  /** Of the system account's identity. */
  systemCa: text('SYSTEM_CA', { otherwise: '' }),
  systemCert: text('SYSTEM_CERT', { otherwise: '' }),
  systemKey: text('SYSTEM_KEY', { otherwise: '' }),
} as const;

export interface CollectionTools {
  readonly namespace: string;
  /** Of its own: a source takes many requests. */
  readonly client: KubernetesClient;
  readonly statusClient: Pick<KubernetesClient, 'patchStatus'>;
  readonly recorder: Pick<EventRecorder, 'record'>;
  readonly connected: PipelineOptions['connected'];
  readonly log: Logger;
}

/**
 * Wires the controller.
 * @returns undefined where it is not said what the manifests were made from
 * @throws {FatalError} when that can't be used, or a server's address
 */
export async function createCollection(
  settings: Settings<typeof COLLECTION_OPTIONS>,
  { namespace, client, statusClient, recorder, connected, log }: CollectionTools,
): Promise<NewsSourceController | undefined> {
  if (settings.definition === '') return undefined;
  const base = await readBase(settings.definition, settings.synthesisSettings);
  const { systemCa: natsCa, systemCert: natsCert, systemKey: natsKey } = settings;
  const servers = parseServers(settings.natsServers);
  const natsUrls = servers.map(({ host, port }) => `tls://${host}:${port}`);
  const composer = new Composer(base);
  const authority = composer.alone.base.secrets.authority.secret;
  return new NewsSourceController({
    ...{ namespace, client, statusClient, recorder, composer, log },
    pipeline: new Pipeline({ connected, log }),
    permissions: new ServerPermissions({
      ...{ namespace, servers: servers.length, client, log },
      connect: (signal) => connectNats(SYSTEM, { natsUrls, natsCa, natsCert, natsKey }, log, signal),
    }),
    secrets: new IdentitySecrets({ namespace, authority, client, log }),
    certManager: base.settings.certificates === 'cert-manager',
  });
}

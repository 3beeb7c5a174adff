// The connection to the cluster: mutual TLS, an inbox of our own, and a word in the log on everything that happens to it.
import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createSecureContext } from 'node:tls';
import { type ConnectionOptions, connect, ErrorCode, type JetStreamClient, type NatsConnection } from 'nats';
import { inboxPrefix } from '../contract/subjects.ts';
import { integer, list, type Settings, text } from './environment.ts';
import { FatalError, reasonOf } from './errors.ts';
import type { Logger } from './log.ts';
import { persist } from './retry.ts';
import { isCertificateFailure } from './tls.ts';

/** Options of every process that connects. */
export const NATS_OPTIONS = {
  natsUrls: list('NATS_URL'),
  natsCa: text('NATS_CA'),
  natsCert: text('NATS_CERT'),
  natsKey: text('NATS_KEY'),
  /** How long the servers may refuse the identity: they may be about to learn of it, when its source was declared just now. */
  natsRefusalMs: integer('NATS_REFUSAL_MS', 0, 3_600_000, { otherwise: 60_000 }),
} as const;

type NatsFiles = Omit<Settings<typeof NATS_OPTIONS>, 'natsRefusalMs'>;
/** What is needed to connect. `natsRefusalMs` is in milliseconds, by default as in `NATS_OPTIONS`. */
export type NatsSettings = NatsFiles & Partial<Settings<Pick<typeof NATS_OPTIONS, 'natsRefusalMs'>>>;

/** Time-out of requests to the cluster, long enough for a new leader to be elected meanwhile. */
export const REQUEST_TIMEOUT_MS = 5_000;
/** Time-out of dialling one server, TLS included. */
const CONNECT_TIMEOUT_MS = 5_000;

/**
 * Connects as an identity, waiting for the cluster for as long as it takes; reconnects by itself ever after, with the files
 * as they are then. A server that does not know the identity may learn of it: that is waited for, too, but not for ever.
 * @param signal gives up the wait @default never
 * @param onFailure told of each failure that may pass @default nobody
 * @throws {FatalError} when a file can't be used, when one side refuses the certificate of the other, or when the servers still
 * refuse the identity `natsRefusalMs` after they first did
 * @throws {StoppingError} when the signal aborts first
 */
export async function connectNats(
  identity: string,
  settings: NatsSettings,
  log: Logger,
  signal: AbortSignal = new AbortController().signal,
  onFailure: (error: unknown) => void = () => {},
): Promise<NatsConnection> {
  await checkFiles(settings);
  const urls = settings.natsUrls.join(', ');
  const options: ConnectionOptions = {
    servers: [...settings.natsUrls],
    name: identity,
    inboxPrefix: inboxPrefix(identity),
    tls: { caFile: settings.natsCa, certFile: settings.natsCert, keyFile: settings.natsKey },
    maxReconnectAttempts: -1,
    timeout: CONNECT_TIMEOUT_MS,
    reconnectTimeWait: 250,
    reconnectJitter: 250,
    reconnectJitterTLS: 250,
    pingInterval: 10_000,
    maxPingOut: 2,
  };
  const refusalMs = settings.natsRefusalMs ?? NATS_OPTIONS.natsRefusalMs.otherwise ?? 0;
  let refusedAt: number | undefined;
  const attempt = async (): Promise<NatsConnection> => {
    try {
      return await connect(options);
    } catch (error) {
      if (isUnauthorized(error)) refusedAt ??= performance.now();
      const isLasting = isUnauthorized(error) && performance.now() - (refusedAt as number) >= refusalMs;
      if (isLasting || isCertificateFailure(error)) {
        throw new FatalError(`can't connect to NATS at ${urls} as ${identity}`, { cause: error });
      }
      throw error;
    }
  };
  const connection = await persist(attempt, {
    signal,
    maxDelayMs: 2_000,
    onFailure: (error, attempts) => {
      onFailure(error);
      if (attempts % 5 !== 1) return;
      const line = { servers: urls, attempts, reason: reasonOf(error) };
      if (isUnauthorized(error)) log.warn({ ...line, refusalMs }, 'waiting for the servers to know this identity');
      else log.warn(line, 'waiting for the cluster');
    },
  });
  void watch(connection, log);
  return connection;
}

/**
 * Files that can't do are found out here: the client library would try for ever with what it can't read, and a server that
 * refuses a certificate looks to it like one that does not answer.
 */
async function checkFiles({ natsCa, natsCert, natsKey }: NatsFiles): Promise<void> {
  const read = async (variable: string, file: string): Promise<string> => {
    try {
      return await readFile(file, 'utf8');
    } catch (error) {
      throw new FatalError(`${variable} names ${file}, which can't be read`, { cause: error });
    }
  };
  const ca = await read('NATS_CA', natsCa);
  const cert = await read('NATS_CERT', natsCert);
  const key = await read('NATS_KEY', natsKey);
  let authorities: X509Certificate[];
  let chain: X509Certificate[];
  try {
    authorities = parseCertificates(ca);
    chain = parseCertificates(cert);
    createSecureContext({ ca, cert, key });
  } catch (error) {
    throw new FatalError(
      `NATS_CA (${natsCa}), NATS_CERT (${natsCert}) and NATS_KEY (${natsKey}) are not an authority, a certificate and its key`,
      { cause: error },
    );
  }
  const expired = chain.find(({ validTo }) => Date.parse(validTo) < Date.now());
  if (expired) throw new FatalError(`the certificate in ${natsCert} expired on ${expired.validTo}: renew it`);
  const known = chain.some((own) => authorities.some((authority) => own.verify(authority.publicKey)));
  if (!known) throw new FatalError(`the certificate in ${natsCert} is not one of the authority in ${natsCa}`);
}

function parseCertificates(pem: string): X509Certificate[] {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g);
  if (!blocks) throw new Error('a file holds no certificate');
  return blocks.map((block) => new X509Certificate(block));
}

/** Whether the servers know nobody whom the certificate stands for. */
const isUnauthorized = (error: unknown): boolean =>
  (error as { readonly code?: unknown }).code === ErrorCode.AuthorizationViolation;

/** A JetStream client that asks the server nothing but what it is told to: its identity may do no more. */
export function jetStream(connection: NatsConnection): JetStreamClient {
  return connection.jetstream({ checkAPI: false, timeout: REQUEST_TIMEOUT_MS });
}

async function watch(connection: NatsConnection, log: Logger): Promise<void> {
  log.info({ server: connection.getServer() }, 'connected');
  for await (const status of connection.status()) {
    if (status.type === 'error') {
      log.error({ code: status.data, permission: status.permissionContext }, 'the server reports an error');
    } else if (status.type === 'disconnect' || status.type === 'reconnect' || status.type === 'ldm') {
      log.warn({ server: status.data }, status.type === 'ldm' ? 'the server is about to stop' : `${status.type}ed`);
    }
  }
}

/** Closes a connection after what was published has reached the server; a connection already closed is fine. */
export async function drainNats(connection: NatsConnection, log: Logger): Promise<void> {
  try {
    if (!connection.isClosed()) await connection.drain();
  } catch (error) {
    log.warn({ reason: reasonOf(error) }, 'could not drain the connection');
    await connection.close();
  }
}

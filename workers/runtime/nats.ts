// The connection to the cluster: mutual TLS, an inbox of our own, and a word in the log on everything that happens to it.
import { type ConnectionOptions, connect, type JetStreamClient, type NatsConnection } from 'nats';
import { inboxPrefix } from '../contract/subjects.ts';
import { list, type Settings, text } from './environment.ts';
import { FatalError, reasonOf } from './errors.ts';
import type { Logger } from './log.ts';

/** Options of every process that connects. */
export const NATS_OPTIONS = {
  natsUrls: list('NATS_URL'),
  natsCa: text('NATS_CA'),
  natsCert: text('NATS_CERT'),
  natsKey: text('NATS_KEY'),
} as const;

/** Time-out of requests to the cluster, long enough for a new leader to be elected meanwhile. */
export const REQUEST_TIMEOUT_MS = 5_000;

/**
 * Connects as an identity, waiting for the cluster for as long as it takes; reconnects by itself ever after.
 * @throws {FatalError} when the server refuses the certificate, or a file can't be read
 */
export async function connectNats(
  identity: string,
  settings: Settings<typeof NATS_OPTIONS>,
  log: Logger,
): Promise<NatsConnection> {
  const options: ConnectionOptions = {
    servers: [...settings.natsUrls],
    name: identity,
    inboxPrefix: inboxPrefix(identity),
    tls: { caFile: settings.natsCa, certFile: settings.natsCert, keyFile: settings.natsKey },
    maxReconnectAttempts: -1,
    waitOnFirstConnect: true,
    reconnectTimeWait: 250,
    reconnectJitter: 250,
    reconnectJitterTLS: 250,
    pingInterval: 10_000,
    maxPingOut: 2,
  };
  let connection: NatsConnection;
  try {
    connection = await connect(options);
  } catch (error) {
    throw new FatalError(`can't connect to NATS at ${settings.natsUrls.join(', ')} as ${identity}`, { cause: error });
  }
  void watch(connection, log);
  return connection;
}

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

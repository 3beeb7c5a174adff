// The configuration of one server of the cluster, computed from the topology and from where the server runs.
import type { Topology } from '../../workers/contract/topology.ts';
import { authorization } from './authorization.ts';
import { type ConfObject, type EnvironmentVariable, renderConf } from './conf.ts';

const MIB = 1024 * 1024;

/** Where a server runs: what differs between a pod and a local process. Paths are the server's own. */
export interface ServerPlace {
  /** Unique in the cluster. */
  readonly serverName: string | EnvironmentVariable;
  /** Address to listen on for clients and routes. @default 0.0.0.0 */
  readonly host?: string;
  readonly clientPort: number;
  readonly clusterPort: number;
  /** Monitoring port: it never asks for a certificate, so it stays on `monitorHost`. @default none */
  readonly monitorPort?: number;
  /** @default 127.0.0.1 */
  readonly monitorHost?: string;
  /** `host:port` of every server's cluster port; hosts are names that the server certificate bears. */
  readonly routes: readonly string[];
  readonly storeDirectory: string;
  readonly certificates: { readonly ca: string; readonly cert: string; readonly key: string };
  /** @default the streams' sizes and a tenth more */
  readonly maxStoreBytes?: number;
  /** How long clients are given to move elsewhere before a server that stops cuts them off; at least 30s. @default 30s */
  readonly lameDuckDuration?: string;
  /** @default none */
  readonly pidFile?: string;
  /** @default standard error */
  readonly logFile?: string;
}

/** Largest message: a document of the exporter's cap, escaped, with room to spare. */
export const MAX_PAYLOAD_BYTES = 16 * MIB;

/**
 * Computes a server's configuration. Clients are mapped to users by their certificate's subject; routes must show a
 * certificate that bears the name of one of the routes, so that a worker's certificate, of the same authority, opens none.
 */
export function serverConfig(topology: Topology, place: ServerPlace): ConfObject {
  const host = place.host ?? '0.0.0.0';
  const tls = {
    ca_file: place.certificates.ca,
    cert_file: place.certificates.cert,
    key_file: place.certificates.key,
    min_version: '1.2',
    timeout: 5,
  };
  const streamBytes = topology.streams.reduce((sum, stream) => sum + stream.maxBytes, 0);
  return {
    server_name: place.serverName,
    listen: `${host}:${place.clientPort}`,
    http: place.monitorPort === undefined ? undefined : `${place.monitorHost ?? '127.0.0.1'}:${place.monitorPort}`,
    pid_file: place.pidFile,
    log_file: place.logFile,
    logtime_utc: true,
    max_payload: MAX_PAYLOAD_BYTES,
    max_pending: 8 * MAX_PAYLOAD_BYTES,
    max_connections: 10_000,
    max_control_line: 4_096,
    write_deadline: '10s',
    ping_interval: '20s',
    ping_max: 3,
    lame_duck_duration: place.lameDuckDuration ?? '30s',
    lame_duck_grace_period: '5s',
    tls: { ...tls, verify_and_map: true },
    cluster:
      topology.servers === 1
        ? undefined
        : {
            name: 'newsjet',
            listen: `${host}:${place.clusterPort}`,
            routes: place.routes.map((route) => `nats-route://${route}`),
            // Peers are reached by the names of the routes, which the certificate bears, and not by gossiped addresses.
            no_advertise: true,
            connect_retries: 120,
            tls: { ...tls, verify: true, verify_cert_and_check_known_urls: true },
          },
    jetstream: {
      store_dir: place.storeDirectory,
      max_file_store: place.maxStoreBytes ?? Math.ceil(streamBytes * 1.1),
      max_memory_store: 64 * MIB,
    },
    ...authorization(topology),
  };
}

/** Renders a server's configuration file. */
export function renderServerConfig(topology: Topology, place: ServerPlace): string {
  return `# Computed from the definition; changes made here are lost.\n${renderConf(serverConfig(topology, place))}`;
}

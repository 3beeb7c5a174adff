// What a pod needs to take part in the pipeline as an identity: its certificate, and where the servers are.
import { NATS, NATS_CLIENT_PORT, TLS_DIRECTORY } from './names.ts';
import { identitySecret } from './secret-plan.ts';
import { type MountedVolume, secretVolume } from './volumes.ts';

/** User of the image node, whom the worker images run as. */
export const NODE_USER = 1000;

/** Tells a process of ours who it is and whom to connect to. */
export const natsEnvironment = (identity: string): Record<string, string> => ({
  WORKER: identity,
  NATS_URL: `tls://${NATS}:${NATS_CLIENT_PORT}`,
  NATS_CA: `${TLS_DIRECTORY}/ca.crt`,
  NATS_CERT: `${TLS_DIRECTORY}/tls.crt`,
  NATS_KEY: `${TLS_DIRECTORY}/tls.key`,
});

export const identityVolume = (identity: string): MountedVolume =>
  secretVolume('tls', identitySecret(identity), TLS_DIRECTORY);

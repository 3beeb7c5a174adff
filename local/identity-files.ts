// Where an identity's certificate lies, and how its process is told to connect with it.
import { join } from 'node:path';

/** Paths of certificate files, as a client of NATS wants them. */
export interface IdentityFiles {
  readonly caFile: string;
  readonly certFile: string;
  readonly keyFile: string;
}

/** The files of an identity in the folder that ensureCertificates wrote. */
export function identityFiles(certificateDirectory: string, identity: string): IdentityFiles {
  const file = (name: string): string => join(certificateDirectory, name);
  return { caFile: file('ca.crt'), certFile: file(`${identity}.crt`), keyFile: file(`${identity}.key`) };
}

/** The environment in which a worker connects as an identity. */
export function connectionEnvironment(
  identity: string,
  natsUrls: readonly string[],
  { caFile, certFile, keyFile }: IdentityFiles,
): Record<string, string> {
  return { WORKER: identity, NATS_URL: natsUrls.join(','), NATS_CA: caFile, NATS_CERT: certFile, NATS_KEY: keyFile };
}

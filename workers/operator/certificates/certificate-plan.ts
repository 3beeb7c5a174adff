// The part of the plan of Secrets that is renewed: an authority and the certificates that it signs.
import type { PlannedCertificate, SecretPlan } from '../../contract/secret-plan.ts';
import { FatalError } from '../../runtime/errors.ts';
import { readSecretPlan } from '../../runtime/secret-plan.ts';

export interface CertificatePlan {
  readonly authority: NonNullable<SecretPlan['authority']>;
  readonly certificates: readonly PlannedCertificate[];
  /** Of the certificates, that of the NATS servers. */
  readonly serverSecret: string;
  /** Of the certificates, that of the database, where it is one of ours. */
  readonly databaseSecret?: string;
  /** Of the certificates, those that are renewed here, and created by others when they are missing. @default none */
  readonly createdElsewhere?: ReadonlySet<string>;
}

const SERVER_NAME = 'nats-server';

/**
 * Reads the file that the manifests bring.
 * @returns undefined where somebody else issues the certificates
 * @throws {FatalError} naming the file and what is wrong with it
 */
export async function readCertificatePlan(file: string): Promise<CertificatePlan | undefined> {
  const { authority, certificates } = await readSecretPlan(file);
  if (!authority) return undefined;
  const server = certificates.find(({ commonName }) => commonName === SERVER_NAME);
  if (!server) throw new FatalError(`PLAN names ${JSON.stringify(file)}, which has no certificate of ${SERVER_NAME}`);
  const database = certificates.find(({ combinedPem }) => combinedPem);
  return {
    authority,
    certificates,
    serverSecret: server.secret,
    ...(database && { databaseSecret: database.secret }),
  };
}

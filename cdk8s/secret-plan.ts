// Every Secret that the components mount and nobody types: what the Job `certs` or cert-manager creates.
import { AUTHORITY_NAME, SERVER_NAME } from '../certs/authority.ts';
import { defaultServerNames } from '../certs/server-names.ts';
import type { Identity } from '../workers/contract/permissions.ts';
import { OPERATOR, SYSTEM } from '../workers/contract/roles.ts';
import { PASSWORD_PLACE, type PlannedCertificate, type SecretPlan } from '../workers/contract/secret-plan.ts';
import type { Topology } from '../workers/contract/topology.ts';
import type { ComponentProps } from './component.ts';
import { MONGODB, MONGODB_DATABASE, MONGODB_PORT, TLS_DIRECTORY } from './names.ts';
import type { Settings } from './settings.ts';

/** The authority that signs every certificate; only what issues certificates reads it. */
export const AUTHORITY_SECRET = 'newsjet-ca';
export const NATS_SECRET = 'nats-server-tls';
export const MONGODB_SECRET = 'mongodb-tls';
export const MONGODB_ROOT_SECRET = 'mongodb-root';
export const MONGODB_APP_SECRET = 'mongodb-app';
/** Of a user who may read and nothing else. */
export const MONGODB_READER_SECRET = 'mongodb-reader';
/** Name and password of Grafana's administrator. */
export const GRAFANA_ADMIN_SECRET = 'grafana-admin';
/** The token for X, under the key `token`: made by whoever has one, and not needed to start. */
export const X_TOKEN_SECRET = 'x-token';

/** The Secret of an identity's client certificate. */
export const identitySecret = (identity: string): string => `${identity}-tls`;

/** Identities that nobody but the operator connects as. */
const OF_OPERATOR: readonly string[] = [OPERATOR, SYSTEM];

/** Those whom somebody connects as: without an operator, no server need know its identities, and they need no certificate. */
export const deployedIdentities = (
  { identities }: Pick<Topology, 'identities'>,
  { scaling }: Pick<Settings, 'scaling'>,
): readonly Identity[] => identities.filter(({ name }) => scaling === 'operator' || !OF_OPERATOR.includes(name));

/** Computes which Secrets a topology needs. */
export function secretPlan({ topology, settings }: ComponentProps): Required<SecretPlan> {
  const { namespace, clusterDomain } = settings;
  const server = (secret: string, commonName: string, names: readonly string[]): PlannedCertificate => ({
    ...{ secret, commonName, names },
    usages: ['server auth', 'client auth'],
    combinedPem: secret === MONGODB_SECRET,
  });
  const mongodb = settings.mongodbUriSecret === undefined;
  const natsNames = defaultServerNames({ servers: topology.servers, namespace, clusterDomain });
  const mongodbNames = ['', `.${namespace}`, `.${namespace}.svc`, `.${namespace}.svc.${clusterDomain}`];
  return {
    authority: { secret: AUTHORITY_SECRET, commonName: AUTHORITY_NAME },
    certificates: [
      server(NATS_SECRET, SERVER_NAME, natsNames),
      ...(mongodb
        ? [
            server(
              MONGODB_SECRET,
              'mongodb-server',
              mongodbNames.map((domain) => MONGODB + domain),
            ),
          ]
        : []),
      ...deployedIdentities(topology, settings).map(
        ({ name }): PlannedCertificate => ({
          secret: identitySecret(name),
          commonName: name,
          usages: ['client auth'],
          names: [],
          combinedPem: false,
        }),
      ),
    ],
    credentials: [
      ...(mongodb
        ? [
            { secret: MONGODB_ROOT_SECRET, username: 'root', uri: databaseUri('root', 'admin') },
            { secret: MONGODB_APP_SECRET, username: 'newsjet', uri: databaseUri('newsjet', MONGODB_DATABASE) },
            {
              secret: MONGODB_READER_SECRET,
              username: 'newsjet-reader',
              uri: databaseUri('newsjet-reader', MONGODB_DATABASE),
            },
          ]
        : []),
      ...(settings.monitoring === 'own' ? [{ secret: GRAFANA_ADMIN_SECRET, username: 'admin' }] : []),
    ],
  };
}

/** A user is known to the database that it was created in. */
const databaseUri = (user: string, authSource: string): string =>
  `mongodb://${user}:${PASSWORD_PLACE}@${MONGODB}:${MONGODB_PORT}/?authSource=${authSource}&tls=true&tlsCAFile=${TLS_DIRECTORY}/ca.crt`;

// A plan of every kind of Secret, for tests.
import type { SecretPlan } from '../../contract/secret-plan.ts';

export const PLAN = {
  authority: { secret: 'newsjet-ca', commonName: 'Newsjet CA' },
  certificates: [
    {
      secret: 'nats-server-tls',
      commonName: 'nats-server',
      usages: ['server auth', 'client auth'],
      names: ['localhost', '127.0.0.1', 'nats.newsjet.svc'],
      combinedPem: false,
    },
    {
      secret: 'mongodb-tls',
      commonName: 'mongodb-server',
      usages: ['server auth', 'client auth'],
      names: ['mongodb', 'localhost'],
      combinedPem: true,
    },
    {
      secret: 'news-creator-tls',
      commonName: 'news-creator',
      usages: ['client auth'],
      names: [],
      combinedPem: false,
    },
  ],
  credentials: [
    { secret: 'mongodb-root', username: 'root', uri: 'mongodb://root:<password>@mongodb:27017/?authSource=admin' },
    {
      secret: 'mongodb-app',
      username: 'newsjet',
      uri: 'mongodb://newsjet:<password>@mongodb:27017/?authSource=newsjet',
    },
  ],
} satisfies SecretPlan;

export const PLANNED_SECRETS: readonly string[] = [
  PLAN.authority.secret,
  ...PLAN.certificates.map(({ secret }) => secret),
  ...PLAN.credentials.map(({ secret }) => secret),
];

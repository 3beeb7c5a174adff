// What Secrets hold: keyrings that trust each other, and passwords that fit into their address.
import { X509Certificate } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import type { PlannedCertificate } from '../workers/contract/secret-plan.ts';
import { SigningKeyError } from './authority.ts';
import { findFault } from './inspection.ts';
import {
  authoritySecret,
  certificateKeys,
  certificateSecret,
  credentialsKeys,
  credentialsSecret,
  type Secret,
} from './secrets.ts';
import { readAuthority, type SigningAuthority } from './signing-authority.ts';
import { shakeHands } from './testing/handshake.ts';
import { ownAuthority } from './testing/own-authority.ts';

const SERVER: PlannedCertificate = {
  secret: 'nats-server-tls',
  commonName: 'nats-server',
  usages: ['server auth', 'client auth'],
  names: ['localhost', 'nats.newsjet.svc', '127.0.0.1'],
  combinedPem: true,
};
const CLIENT: PlannedCertificate = {
  secret: 'news-creator-tls',
  commonName: 'news-creator',
  usages: ['client auth'],
  names: [],
  combinedPem: false,
};

let secret: Secret;
let authority: SigningAuthority;

function read({ data }: Secret): SigningAuthority {
  const found = readAuthority(data, new Date());
  if (typeof found === 'string') throw new Error(found);
  return found;
}

beforeAll(async () => {
  secret = await authoritySecret({ secret: 'newsjet-ca', commonName: 'Newsjet CA' });
  authority = read(secret);
});

describe('authoritySecret', () => {
  it('is an authority that trusts itself', () => {
    expect(secret).toMatchObject({ name: 'newsjet-ca', type: 'kubernetes.io/tls' });
    expect(Object.keys(secret.data).sort()).toEqual(['ca.crt', 'tls.crt', 'tls.key']);
    expect(authority.trust).toBe(secret.data['ca.crt']);
    expect(new X509Certificate(authority.certificate).subject).toBe('CN=Newsjet CA');
  });
});

describe('certificateSecret', () => {
  it('has the keys that it must have, and what the plan says in them', async () => {
    for (const planned of [SERVER, CLIENT]) {
      const { name, type, data } = await certificateSecret(planned, authority);
      expect([name, type]).toEqual([planned.secret, 'kubernetes.io/tls']);
      expect(Object.keys(data).sort()).toEqual([...certificateKeys(planned)].sort());
      const pair = { certificate: data['tls.crt'] as string, privateKey: data['tls.key'] as string };
      const { commonName, names } = planned;
      expect(findFault(pair, { commonName, authority, names }, new Date())).toBeUndefined();
    }
    const { data } = await certificateSecret(SERVER, authority);
    expect(data['tls-combined.pem']).toBe(`${data['tls.crt']}${data['tls.key']}`);
  });

  it('serves for both sides of a connection, and no other authority’s does', async () => {
    const [server, client] = await Promise.all([
      certificateSecret(SERVER, authority),
      certificateSecret(CLIENT, authority),
    ]);
    expect(await shakeHands(server.data, client.data)).toBe('news-creator');
    const other = read(await authoritySecret({ secret: 'other', commonName: 'Newsjet CA' }));
    const stranger = await certificateSecret(CLIENT, other);
    await expect(shakeHands(server.data, { ...stranger.data, 'ca.crt': authority.trust })).rejects.toThrow();
  });

  it('presents what is between it and the root, so that the root is enough to trust', async () => {
    const root = await ownAuthority({ key: 'rsa' });
    const between = await ownAuthority({ name: 'CN=Issuing CA,O=Example', issuer: root });
    const data = { 'tls.crt': between.certificate, 'tls.key': between.privateKey, 'ca.crt': root.certificate };
    const issuing = read({ name: 'own', type: 'kubernetes.io/tls', data });
    const [server, client] = await Promise.all([
      certificateSecret(SERVER, issuing),
      certificateSecret(CLIENT, issuing),
    ]);
    expect(client.data['ca.crt']).toBe(root.certificate);
    expect(client.data['tls.crt']?.endsWith(between.certificate)).toBe(true);
    expect(await shakeHands(server.data, client.data)).toBe('news-creator');
  });

  it('fails with a key that signs nothing here', async () => {
    const own = await ownAuthority({ key: 'ed25519' });
    const data = { 'tls.crt': own.certificate, 'tls.key': own.privateKey };
    const unable = read({ name: 'own', type: 'kubernetes.io/tls', data });
    await expect(certificateSecret(CLIENT, unable)).rejects.toThrow(SigningKeyError);
  });
});

describe('credentialsSecret', () => {
  it('draws a password of its own each time, and puts it into the address', () => {
    const planned = { secret: 'mongodb-app', username: 'newsjet', uri: 'mongodb://newsjet:<password>@mongodb/news' };
    const [first, second] = [credentialsSecret(planned), credentialsSecret(planned)];
    expect(first).toMatchObject({ name: 'mongodb-app', type: 'Opaque' });
    expect(Object.keys(first.data).sort()).toEqual(credentialsKeys(planned).sort());
    expect(first.data.password).toMatch(/^[A-Za-z0-9_-]{43}$/);
    expect(first.data.uri).toBe(`mongodb://newsjet:${first.data.password}@mongodb/news`);
    expect(second.data.password).not.toBe(first.data.password);
  });

  it('makes no address where none is planned', () => {
    const planned = { secret: 'grafana-admin', username: 'admin' };
    const { data } = credentialsSecret(planned);
    expect(Object.keys(data)).toEqual(credentialsKeys(planned));
    expect(data).toMatchObject({ username: 'admin', password: expect.stringMatching(/^[A-Za-z0-9_-]{43}$/) });
  });
});

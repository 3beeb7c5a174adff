import { createPrivateKey, X509Certificate } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  InvalidIdentityError,
  type IssuedCertificate,
  issueAuthority,
  issueClientCertificate,
  issueServerCertificate,
  SigningKeyError,
} from './authority.ts';
import { defaultServerNames } from './server-names.ts';
import { type KeyKind, ownAuthority } from './testing/own-authority.ts';

const DAY_MS = 86_400_000;
const CLIENT_AUTH = '1.3.6.1.5.5.7.3.2';
const SERVER_AUTH = '1.3.6.1.5.5.7.3.1';

let authority: IssuedCertificate;
let ca: X509Certificate;

beforeAll(async () => {
  authority = await issueAuthority();
  ca = new X509Certificate(authority.certificate);
});

function lifeDays(certificate: X509Certificate): number {
  return (Date.parse(certificate.validTo) - Date.now()) / DAY_MS;
}

/** Whether the certificate's DER contains these bytes, given in hexadecimal. */
function contains(certificate: X509Certificate, hex: string): boolean {
  return certificate.raw.toString('hex').includes(hex);
}

describe('issueAuthority', () => {
  it('signs itself with a P-256 key and may sign leaves only, for ten years', () => {
    expect(ca.subject).toBe('CN=Newsjet CA');
    expect(ca.issuer).toBe('CN=Newsjet CA');
    expect(ca.ca).toBe(true);
    expect(ca.verify(ca.publicKey)).toBe(true);
    expect(ca.publicKey.asymmetricKeyDetails?.namedCurve).toBe('prime256v1');
    expect(ca.checkPrivateKey(createPrivateKey(authority.privateKey))).toBe(true);
    expect(lifeDays(ca)).toBeCloseTo(3_650, 1);
    // basicConstraints: critical, CA, path length 0; keyUsage: critical, keyCertSign and cRLSign.
    expect(contains(ca, '0603551d130101ff040830060101ff020100')).toBe(true);
    expect(contains(ca, '0603551d0f0101ff040403020106')).toBe(true);
  });
});

describe('issueServerCertificate', () => {
  it('takes another name, for another server', async () => {
    const { certificate } = await issueServerCertificate({ authority, names: ['db'], commonName: 'mongodb-server' });
    expect(new X509Certificate(certificate).subject).toBe('CN=mongodb-server');
  });

  it('serves every name of the cluster and is a client on routes', async () => {
    const names = defaultServerNames({ servers: 3, namespace: 'newsjet' });
    const issued = await issueServerCertificate({ authority, names });
    const certificate = new X509Certificate(issued.certificate);
    expect(certificate.subject).toBe('CN=nats-server');
    expect(certificate.checkIssued(ca)).toBe(true);
    expect(certificate.verify(ca.publicKey)).toBe(true);
    expect(certificate.keyUsage).toEqual([SERVER_AUTH, CLIENT_AUTH]);
    expect(certificate.ca).toBe(false);
    expect(lifeDays(certificate)).toBeCloseTo(90, 1);
    for (const address of ['127.0.0.1', '::1']) expect(certificate.checkIP(address)).toBe(address);
    for (const host of [
      'localhost',
      'nats',
      'nats.newsjet',
      'nats.newsjet.svc',
      'nats.newsjet.svc.cluster.local',
      'nats-headless',
      'nats-2.nats-headless',
      'nats-2.nats-headless.newsjet.svc',
      'nats-7.nats-headless.newsjet.svc.cluster.local',
    ]) {
      expect(certificate.checkHost(host), host).toBeDefined();
    }
    expect(certificate.checkHost('nats.elsewhere.svc')).toBeUndefined();
  });
});

describe('issueClientCertificate', () => {
  it('names the identity in its subject only and is no server', async () => {
    const issued = await issueClientCertificate({ authority, identity: 'news-creator' });
    const certificate = new X509Certificate(issued.certificate);
    expect(certificate.subject).toBe('CN=news-creator');
    expect(certificate.issuer).toBe('CN=Newsjet CA');
    expect(certificate.subjectAltName).toBeUndefined();
    expect(certificate.keyUsage).toEqual([CLIENT_AUTH]);
    expect(certificate.verify(ca.publicKey)).toBe(true);
    expect(issued.privateKey).toMatch(/^-----BEGIN PRIVATE KEY-----\n/);
    expect(certificate.checkPrivateKey(createPrivateKey(issued.privateKey))).toBe(true);
  });

  it('is backdated for clocks that lag, and takes the dates that it is given', async () => {
    const standard = await issueClientCertificate({ authority, identity: 'a' });
    const from = Date.parse(new X509Certificate(standard.certificate).validFrom);
    expect(from).toBeLessThan(Date.now() - 4 * 60_000);
    const dated = await issueClientCertificate({
      authority,
      identity: 'a',
      notBefore: new Date('2020-01-02T03:04:05Z'),
      notAfter: new Date('2020-02-03T04:05:06Z'),
    });
    const certificate = new X509Certificate(dated.certificate);
    expect(new Date(certificate.validFrom).toISOString()).toBe('2020-01-02T03:04:05.000Z');
    expect(new Date(certificate.validTo).toISOString()).toBe('2020-02-03T04:05:06.000Z');
  });

  it('draws a serial number of its own each time and carries key identifiers', async () => {
    const issued = await Promise.all(
      Array.from({ length: 10 }, () => issueClientCertificate({ authority, identity: 'a' })),
    );
    const certificates = issued.map(({ certificate }) => new X509Certificate(certificate));
    expect(new Set(certificates.map(({ serialNumber }) => serialNumber)).size).toBe(10);
    for (const certificate of certificates) {
      expect(certificate.serialNumber).toMatch(/^[4-7][0-9A-F]{31}$/);
      expect(contains(certificate, '0603551d0e')).toBe(true);
      expect(contains(certificate, '0603551d23')).toBe(true);
    }
  });

  it.each(['', 'Upper', '../x', 'a b', 'a=b', '-a', 'a'.repeat(65), 'ca', 'server', 'nats-server'])(
    'refuses the identity %j',
    async (identity) => {
      await expect(issueClientCertificate({ authority, identity })).rejects.toThrow(InvalidIdentityError);
    },
  );
});

describe('an authority that was brought', () => {
  const SIGNATURES: readonly (readonly [KeyKind, 'pkcs8' | 'pkcs1' | 'sec1', string])[] = [
    // sha256WithRSAEncryption, ecdsa-with-SHA256, -SHA384 and -SHA512.
    ['rsa', 'pkcs8', '06092a864886f70d01010b'],
    ['rsa', 'pkcs1', '06092a864886f70d01010b'],
    ['p256', 'pkcs8', '06082a8648ce3d040302'],
    ['p256', 'sec1', '06082a8648ce3d040302'],
    ['p384', 'pkcs8', '06082a8648ce3d040303'],
    ['p384', 'sec1', '06082a8648ce3d040303'],
    ['p521', 'sec1', '06082a8648ce3d040304'],
  ];

  it.each(SIGNATURES)('signs with its key: %s in %s', async (key, form, signature) => {
    const own = await ownAuthority({ key, form });
    const { certificate } = await issueClientCertificate({ authority: own, identity: 'news-creator' });
    const leaf = new X509Certificate(certificate);
    const root = new X509Certificate(own.certificate);
    expect(leaf.verify(root.publicKey)).toBe(true);
    // Compares the names and the identifiers of the key, too.
    expect(leaf.checkIssued(root)).toBe(true);
    expect(contains(leaf, signature)).toBe(true);
    // Verifiers may compare the bytes of the name.
    expect(contains(leaf, Buffer.from(own.x509.subjectName.toArrayBuffer()).toString('hex'))).toBe(true);
    expect(leaf.publicKey.asymmetricKeyDetails?.namedCurve).toBe('prime256v1');
  });

  it('gives nothing a longer life than its own', async () => {
    const end = new Date(Math.floor(Date.now() / 1_000) * 1_000 + 30 * DAY_MS);
    const own = await ownAuthority({ notAfter: end });
    const { certificate } = await issueClientCertificate({ authority: own, identity: 'a' });
    expect(Date.parse(new X509Certificate(certificate).validTo)).toBe(end.getTime());
  });

  it('is refused with a key that can not sign or be read, of which nothing is said', async () => {
    const modern = await ownAuthority({ key: 'ed25519' });
    await expect(issueClientCertificate({ authority: modern, identity: 'a' })).rejects.toThrow(
      new SigningKeyError(
        "the authority's key is ed25519, which can't sign: expected RSA, or EC on prime256v1, secp384r1, secp521r1",
      ),
    );
    const garbled = { ...modern, privateKey: modern.privateKey.replace('MC4', 'XX4') };
    const failure = await issueClientCertificate({ authority: garbled, identity: 'a' }).catch((error) => error);
    expect(failure).toBeInstanceOf(SigningKeyError);
    expect(failure.message).toBe("the authority's key can't be read: expected an unencrypted private key, PEM");
  });
});

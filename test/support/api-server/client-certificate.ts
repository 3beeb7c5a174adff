// Client certificates as Kubernetes reads them: the common name is the user, each organization a group.
import 'reflect-metadata';
import { createPrivateKey, randomBytes, webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';
import { type IssuedCertificate, validityFrom } from '../../../certs/authority.ts';

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };

/** Issues a certificate for a day, signed by an authority of `issueAuthority`. */
export async function issueUserCertificate(
  authority: IssuedCertificate,
  user: string,
  groups: readonly string[],
): Promise<IssuedCertificate> {
  x509.cryptoProvider.set(webcrypto);
  const { subtle } = webcrypto;
  const keys = await subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const signing = createPrivateKey(authority.privateKey).export({ type: 'pkcs8', format: 'der' });
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: `01${randomBytes(15).toString('hex')}`,
    subject: [{ CN: [user] }, ...groups.map((group) => ({ O: [group] }))],
    issuer: new x509.X509Certificate(authority.certificate).subjectName,
    publicKey: keys.publicKey,
    signingKey: await subtle.importKey('pkcs8', signing, ALGORITHM, false, ['sign']),
    signingAlgorithm: ALGORITHM,
    ...validityFrom(new Date(), 1),
    extensions: [
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.clientAuth]),
    ],
  });
  const pkcs8 = await subtle.exportKey('pkcs8', keys.privateKey);
  return {
    certificate: `${certificate.toString('pem')}\n`,
    privateKey: `${x509.PemConverter.encode(pkcs8, x509.PemConverter.PrivateKeyTag)}\n`,
  };
}

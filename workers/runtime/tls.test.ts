import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { connect, createServer, type Server, type TlsOptions } from 'node:tls';
import { afterEach, describe, expect, it } from 'vitest';
import { type IssuedCertificate, issueAuthority, issueServerCertificate } from '../../certs/authority.ts';
import { isCertificateFailure } from './tls.ts';

const MINUTE_MS = 60_000;
const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

const names = ['127.0.0.1'];
const pem = ({ certificate: cert, privateKey: key }: IssuedCertificate) => ({ cert, key });

/** Shakes hands with a server and returns what came of it on our side. */
async function shakeHands(server: TlsOptions, ca: string): Promise<unknown> {
  const listening = createServer(server, (socket) => socket.on('error', () => {}).end());
  listening.on('tlsClientError', () => {});
  servers.push(listening.listen(0, '127.0.0.1'));
  await once(listening, 'listening');
  const socket = connect({ host: '127.0.0.1', port: (listening.address() as AddressInfo).port, ca });
  return once(socket, 'secureConnect').then(
    () => 'trust',
    (error) => error,
  );
}

describe('isCertificateFailure', () => {
  it('is that we do not trust the other side', async () => {
    const [own, other] = await Promise.all([issueAuthority(), issueAuthority()]);
    const good = pem(await issueServerCertificate({ authority: own, names }));
    const [notBefore, notAfter] = [new Date(Date.now() - 2 * MINUTE_MS), new Date(Date.now() - MINUTE_MS)];
    const expired = pem(await issueServerCertificate({ authority: own, names, notBefore, notAfter }));
    const misnamed = pem(await issueServerCertificate({ authority: own, names: ['elsewhere.example'] }));
    const alone = pem(await issueAuthority());
    expect(await shakeHands(good, own.certificate)).toBe('trust');
    for (const [server, ca] of [
      [good, other.certificate],
      [{ ...good, cert: good.cert + own.certificate }, other.certificate],
      [expired, own.certificate],
      [misnamed, own.certificate],
      [alone, own.certificate],
    ] as const) {
      const error = await shakeHands(server, ca);
      expect(isCertificateFailure(error), String(error)).toBe(true);
      expect(isCertificateFailure(new Error('can’t connect', { cause: error }))).toBe(true);
    }
  });

  it.each([
    'ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED',
    'ERR_SSL_TLSV1_ALERT_UNKNOWN_CA',
    'ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE',
    'ERR_SSL_SSL/TLS_ALERT_CERTIFICATE_EXPIRED',
    'ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE',
  ])('is that the other side does not trust us: %s', (code) => {
    const error = Object.assign(new Error('refused'), { code });
    expect(isCertificateFailure(error)).toBe(true);
    expect(isCertificateFailure(new Error('can’t connect', { cause: error }))).toBe(true);
  });

  it('is nothing else that may go wrong', () => {
    for (const error of [new Error('no'), Object.assign(new Error(), { code: 'ECONNREFUSED' }), 'CERT_HAS_EXPIRED']) {
      expect(isCertificateFailure(error)).toBe(false);
    }
    const plain = Object.assign(new Error(), { code: 'ERR_SSL_WRONG_VERSION_NUMBER' });
    expect(isCertificateFailure(plain)).toBe(false);
  });
});

// The certificates at work: mutual TLS between real sockets.
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, createServer, type Server } from 'node:tls';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type IssuedCertificate, issueAuthority, issueClientCertificate } from './authority.ts';
import { ensureCertificates } from './store.ts';

let directory: string;
let authority: IssuedCertificate;
let server: Server;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'newsjet-handshake-'));
  await ensureCertificates({ directory, identities: ['news-creator'] });
  authority = await pair('ca');
  const { certificate: cert, privateKey: key } = await pair('server');
  // Node closes without a word on a client that it does not trust, so the server itself says why it refuses.
  server = createServer(
    { cert, key, ca: authority.certificate, requestCert: true, rejectUnauthorized: false },
    (socket) => {
      socket.on('error', () => {});
      const name = socket.getPeerCertificate().subject?.CN;
      socket.end(socket.authorized ? `hello ${name}` : `refused: ${socket.authorizationError}`);
    },
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});

afterAll(async () => {
  server.close();
  await rm(directory, { recursive: true });
});

async function pair(name: string): Promise<IssuedCertificate> {
  const read = (extension: string) => readFile(join(directory, `${name}.${extension}`), 'utf8');
  return { certificate: await read('crt'), privateKey: await read('key') };
}

/** Connects and returns what the server says; rejects when the client does not trust the server. */
async function greet(client: IssuedCertificate | undefined, ca: string, servername: string): Promise<string> {
  const socket = connect({
    host: '127.0.0.1',
    port: (server.address() as AddressInfo).port,
    ca,
    servername,
    ...(client && { cert: client.certificate, key: client.privateKey }),
  });
  let text = '';
  for await (const chunk of socket) text += chunk;
  return text;
}

it.each(['localhost', 'nats.newsjet.svc.cluster.local', 'nats-1.nats-headless.newsjet.svc.cluster.local'])(
  'lets an identity in as itself, at %s',
  async (servername) => {
    expect(await greet(await pair('news-creator'), authority.certificate, servername)).toBe('hello news-creator');
  },
);

it('refuses a client without a certificate', async () => {
  expect(await greet(undefined, authority.certificate, 'localhost')).toMatch(/^refused/);
});

it("refuses an identity of another authority, even one of the same authority's name", async () => {
  const client = await issueClientCertificate({ authority: await issueAuthority(), identity: 'news-creator' });
  expect(await greet(client, authority.certificate, 'localhost')).toMatch(/^refused: .*(SIGNATURE|ISSUER)/);
});

it('refuses an expired identity', async () => {
  const client = await issueClientCertificate({
    authority,
    identity: 'news-creator',
    notBefore: new Date(Date.now() - 2 * 86_400_000),
    notAfter: new Date(Date.now() - 86_400_000),
  });
  expect(await greet(client, authority.certificate, 'localhost')).toBe('refused: CERT_HAS_EXPIRED');
});

it('does not trust servers of another authority, nor under a name that is not theirs', async () => {
  const client = await pair('news-creator');
  const { certificate: otherCa } = await issueAuthority();
  await expect(greet(client, otherCa, 'localhost')).rejects.toThrow(/certificate/i);
  await expect(greet(client, authority.certificate, 'nats.example')).rejects.toThrow(/altnames/i);
});

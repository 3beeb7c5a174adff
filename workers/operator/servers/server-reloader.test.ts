import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { NatsConnection } from 'nats';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type IssuedCertificate, issueAuthority, issueServerCertificate } from '../../../certs/authority.ts';
import { recordingLog } from '../../runtime/testing/log.ts';
import { classifyFailure } from '../kubernetes/errors.ts';
import { DatabaseRestart, STATEFUL_SETS } from './database-restart.ts';
import { NoCertificateError, presentedSerial } from './presented-certificate.ts';
import { PODS, ServerReloader } from './server-reloader.ts';

const { signal } = new AbortController();
const sockets = new Set<Socket>();
let server: Server;
let presented: IssuedCertificate;
let address: { name: string; host: string; port: number };
/** What it says before TLS. */
let greeting: string;

const issue = async (): Promise<IssuedCertificate> =>
  issueServerCertificate({ authority: await issueAuthority(), names: ['127.0.0.1'] });
const serialOf = ({ certificate }: IssuedCertificate): string => new X509Certificate(certificate).serialNumber;

beforeEach(async () => {
  presented = await issue();
  greeting = 'INFO {"tls_required":true}\r\n';
  server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.write(greeting);
    const { certificate: cert, privateKey: key } = presented;
    if (greeting.startsWith('INFO')) new TLSSocket(socket, { isServer: true, cert, key }).on('error', () => {});
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  address = { name: 'nats-0', host: '127.0.0.1', port: (server.address() as { port: number }).port };
});
afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  if (server.listening) await new Promise((resolve) => server.close(resolve));
});

describe('presentedSerial', () => {
  it('is that of the certificate, whoever signed it', async () => {
    expect(await presentedSerial(address)).toBe(serialOf(presented));
  });

  it('is not there where nobody listens, speaks, or speaks otherwise', async () => {
    greeting = '220 mail.example ready\r\n';
    await expect(presentedSerial(address)).rejects.toThrow(NoCertificateError);
    greeting = '';
    await expect(presentedSerial(address, { timeoutMs: 50 })).rejects.toThrow('nats-0 (127.0.0.1');
    await new Promise((resolve) => {
      for (const socket of sockets) socket.destroy();
      server.close(resolve);
    });
    await expect(presentedSerial(address)).rejects.toThrow(NoCertificateError);
  });
});

/** A reloader whose server takes up `next` when it is asked to for the so-manieth time; Infinity: nobody can be asked. */
function reloaderOf(next: IssuedCertificate, reloads: number) {
  const calls: string[] = [];
  const { log, lines } = recordingLog();
  const connection = {
    requestMany: async () => [{ json: () => ({ server: { id: 'ID0', name: 'nats-0' } }) }],
    request: async (subject: string) => {
      calls.push(subject);
      if (calls.filter((call) => call === subject).length >= reloads) presented = next;
      return { json: () => ({}) };
    },
    close: async () => void calls.push('close'),
  };
  const reloader = new ServerReloader({
    namespace: 'newsjet',
    servers: [address],
    client: {
      patch: async (resource, at, change) => {
        calls.push(`${resource.plural} ${at.name} ${JSON.stringify(change)}`);
        return {} as never;
      },
    },
    connect: async () => {
      if (reloads === Infinity) throw new Error('nobody answers');
      return connection as unknown as NatsConnection;
    },
    log,
  });
  return { reloader, calls, lines };
}

describe('ServerReloader', () => {
  const RELOAD = '$SYS.REQ.SERVER.ID0.RELOAD';

  it('asks nothing of servers that present the certificate', async () => {
    const { reloader, calls } = reloaderOf(presented, 1);
    expect(await reloader.settle(serialOf(presented), signal)).toEqual([]);
    expect(calls).toEqual([]);
  });

  it('hastens the pod once, reloads its server, and believes what it presents', async () => {
    const next = await issue();
    const serial = serialOf(next);
    const { reloader, calls } = reloaderOf(next, 2);
    // The files have not come to the pod yet.
    expect(await reloader.settle(serial, signal)).toEqual(['nats-0']);
    expect(await reloader.settle(serial, signal)).toEqual([]);
    const told = `pods nats-0 {"metadata":{"annotations":{"newsjet.io/certificate":"${serial}"}}}`;
    expect(calls).toEqual([told, RELOAD, 'close', RELOAD, 'close']);
  });

  it('says who is behind when nobody can be asked', async () => {
    const { reloader, lines } = reloaderOf(presented, Infinity);
    expect(await reloader.settle('00', signal)).toEqual(['nats-0']);
    expect(lines.map(({ msg }) => msg)).toContain("can't reload servers yet");
  });
});

describe('DatabaseRestart', () => {
  const target = { namespace: 'newsjet', name: 'mongodb' };

  it('rolls the StatefulSet once for a certificate', async () => {
    const changes: unknown[] = [];
    const patch = async (...call: readonly unknown[]) => void changes.push(call.slice(0, 3)) as never;
    const restart = new DatabaseRestart({ target, client: { patch }, log: recordingLog().log });
    await restart.settle('4A', signal);
    await restart.settle('4A', signal);
    await restart.settle('4B', signal);
    const change = (serial: string) => ({
      spec: { template: { metadata: { annotations: { 'newsjet.io/certificate': serial } } } },
    });
    expect(changes).toEqual([
      [STATEFUL_SETS, target, change('4A')],
      [STATEFUL_SETS, target, change('4B')],
    ]);
  });

  it('does without one that is not there, and tries again what failed', async () => {
    let status = 503;
    const asked = { verb: 'patch', resource: PODS, key: 'newsjet/mongodb' };
    const patch = async () => Promise.reject(classifyFailure(asked, status, '{}'));
    const { log, lines } = recordingLog();
    const restart = new DatabaseRestart({ target, client: { patch }, log });
    await expect(restart.settle('4A', signal)).rejects.toThrow('503');
    status = 404;
    await restart.settle('4A', signal);
    expect(lines.map(({ msg }) => msg)).toEqual(['there is no such StatefulSet to restart']);
  });
});

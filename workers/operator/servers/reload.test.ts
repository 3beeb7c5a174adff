// A cluster of three servers takes up certificates while it works: nobody is cut off, nothing is lost, and trust follows.
import { X509Certificate } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { NatsConnection } from 'nats';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import {
  type IssuedCertificate,
  issueAuthority,
  issueClientCertificate,
  issueServerCertificate,
} from '../../../certs/authority.ts';
import { defaultServerNames } from '../../../certs/server-names.ts';
import { waitFor } from '../../../local/wait.ts';
import { OBSERVER, TestCluster } from '../../../test/support/cluster.ts';
import { SYSTEM } from '../../contract/roles.ts';
import { reasonOf } from '../../runtime/errors.ts';
import { reloadDirectly } from './direct-reload.ts';
import type { ServerAddress } from './handshake.ts';
import { presentedSerial } from './presented-certificate.ts';
import { discoverServers, reloadServer } from './system-account.ts';
import { Flow } from './testing/flow.ts';

const DEFINITION = `sources:
  a: { kind: rss, feeds: [https://a.example/feed] }
`;
const SOON_MS = 60_000;
/** Of a test: longer than its waits in turn. */
vi.setConfig({ testTimeout: 400_000 });

let cluster: TestCluster;
let system: NatsConnection;
let flow: Flow;
let first: IssuedCertificate;
let addresses: ServerAddress[];
/** Of every connection that must not notice anything. */
const disturbances: string[] = [];

const path = (name: string): string => join(cluster.directory, 'certs', name);
const read = (name: string): Promise<string> => readFile(path(name), 'utf8');

beforeAll(async () => {
  cluster = await TestCluster.start(DEFINITION, { extraIdentities: [OBSERVER] });
  first = { certificate: await read('ca.crt'), privateKey: await read('ca.key') };
  system = await cluster.connect(SYSTEM);
  addresses = cluster.cluster.urls.map((url, index) => {
    const { hostname: host, port } = new URL(url);
    return { name: `nats-${index}`, host, port: Number(port) };
  });
  const observer = await cluster.connect(OBSERVER.name, { reconnect: false });
  for (const connection of [system, observer]) note(connection);
  flow = await Flow.start(observer);
}, 300_000);
afterAll(async () => {
  await flow?.stop();
  await cluster?.stop();
});

function note(connection: NatsConnection): void {
  void (async () => {
    for await (const { type, data } of connection.status()) {
      if (type !== 'update' && type !== 'pingTimer') disturbances.push(`${type} ${String(data)}`);
    }
  })();
}

/** Writes what the servers present and trust, and has each read it. */
async function install(authority: IssuedCertificate, trust: string): Promise<string> {
  const issued = await issueServerCertificate({ authority, names: defaultServerNames({ servers: 3 }) });
  await writeFile(path('server.key'), issued.privateKey);
  await writeFile(path('server.crt'), issued.certificate);
  await writeFile(path('ca.crt'), trust);
  await reloadAll();
  return new X509Certificate(issued.certificate).serialNumber;
}

/** All servers by name; one that is busy may not answer in time when it is first asked. */
const allServers = (): Promise<Map<string, string>> =>
  waitFor('all servers answer', SOON_MS, async () => {
    const servers = await discoverServers(system, 3);
    return servers.size === 3 && servers;
  });

async function reloadAll(): Promise<void> {
  const servers = await allServers();
  expect([...servers.keys()].sort()).toEqual(['nats-0', 'nats-1', 'nats-2']);
  for (const id of servers.values()) await reloadServer(system, id);
}

const serials = (): Promise<string[]> => Promise.all(addresses.map((address) => presentedSerial(address)));

/** Connects as the observer with a certificate of an authority, to each server. */
async function enter(authority: IssuedCertificate, trust: string): Promise<void> {
  const { certificate: cert, privateKey: key } = await issueClientCertificate({ authority, identity: OBSERVER.name });
  for (const servers of cluster.cluster.urls) {
    const tls = { ca: trust, cert, key };
    const connection = await cluster.connect(OBSERVER.name, { servers, tls, reconnect: false });
    await connection.flush();
    await connection.close();
  }
}

it('reloads a server without a client, whose certificate may have expired, but not one of somebody else', async () => {
  const [address] = addresses as [ServerAddress];
  const files = async (identity: string) => ({
    ca: await read('ca.crt'),
    cert: await read(`${identity}.crt`),
    key: await read(`${identity}.key`),
  });
  const system = await files(SYSTEM);
  await reloadDirectly(address, system);
  const stranger = { ...system, ca: (await issueAuthority()).certificate };
  const because = async (...call: Parameters<typeof reloadDirectly>): Promise<string> =>
    reloadDirectly(...call).then(() => 'done', reasonOf);
  expect(await because(address, stranger)).toContain('its certificate is of another authority');
  expect(await because({ ...address, name: 'nats-1' }, system)).toContain('the server there is nats-0');
  expect(await because(address, await files(OBSERVER.name), { timeoutMs: 500 })).toContain('not done within 500 ms');
});

it('presents a new certificate at once, to new connections, while those that there are go on', async () => {
  const before = new X509Certificate(await read('server.crt')).serialNumber;
  expect(await serials()).toEqual([before, before, before]);
  const serial = await install(first, first.certificate);
  expect(await serials()).toEqual([serial, serial, serial]);
  await flow.advance(200);
  expect(disturbances).toEqual([]);
});

it('lets in whom either authority has signed while it trusts both, and then the new one alone', async () => {
  const second = await issueAuthority();
  await expect(enter(second, first.certificate)).rejects.toThrow();
  const both = first.certificate + second.certificate;
  await install(first, both);
  await enter(first, both);
  await enter(second, both);
  await flow.advance(200);

  const serial = await install(second, both);
  expect(await serials()).toEqual([serial, serial, serial]);
  await enter(first, both);
  await expect(enter(first, first.certificate)).rejects.toThrow();
  await flow.advance(200);

  await install(second, second.certificate);
  await enter(second, second.certificate);
  await expect(enter(first, second.certificate)).rejects.toThrow();
  await flow.advance(200);
  expect(disturbances).toEqual([]);
});

it('says why a server can not reload, and goes on with what it has', async () => {
  const [before] = await serials();
  const key = await read('server.key');
  await writeFile(path('server.key'), first.privateKey);
  const id = (await allServers()).get('nats-0') as string;
  await expect(reloadServer(system, id)).rejects.toThrow(/can't reload: .*private key/);
  await writeFile(path('server.key'), key);
  expect((await serials())[0]).toBe(before);
  await flow.advance(50);
});

it('makes new routes with the new certificates, in both directions', async () => {
  // Who leads the stream may stop: that is another matter.
  await flow.stop();
  await cluster.cluster.servers[2]?.stop(15_000);
  await cluster.cluster.restart(2);
  expect((await allServers()).size).toBe(3);
});

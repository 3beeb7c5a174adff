import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ensureCertificates } from '../../certs/store.ts';
import { findNatsServer } from '../../local/nats-server.ts';
import { CACHE_DIRECTORY, PROJECT_DIRECTORY } from '../../test/support/paths.ts';
import { parseDefinition } from '../../workers/contract/parse-definition.ts';
import { computeTopology, type Topology } from '../../workers/contract/topology.ts';
import { authorization, certificateUser } from './authorization.ts';
import { EnvironmentVariable } from './conf.ts';
import { MAX_PAYLOAD_BYTES, renderServerConfig, type ServerPlace, serverConfig } from './server-config.ts';

const MIB = 1024 * 1024;
const topologyOf = (definition: string): Topology => computeTopology(parseDefinition(definition));
const committed = async (name: string): Promise<Topology> =>
  topologyOf(await readFile(join(PROJECT_DIRECTORY, name), 'utf8'));
const ONE_SOURCE = 'sources: { a: { kind: rss, feeds: [https://a.example/rss] } }';

const POD: ServerPlace = {
  serverName: new EnvironmentVariable('POD_NAME'),
  clientPort: 4222,
  clusterPort: 6222,
  monitorPort: 8222,
  routes: ['nats-0.nats-headless:6222', 'nats-1.nats-headless:6222', 'nats-2.nats-headless:6222'],
  storeDirectory: '/data',
  certificates: { ca: '/certs/ca.crt', cert: '/certs/tls.crt', key: '/certs/tls.key' },
};

describe('serverConfig', () => {
  it('configures a pod', () => {
    const tls = {
      ca_file: '/certs/ca.crt',
      cert_file: '/certs/tls.crt',
      key_file: '/certs/tls.key',
      min_version: '1.2',
      timeout: 5,
    };
    const { system_account, accounts, ...config } = serverConfig(topologyOf(ONE_SOURCE), POD);
    expect(config).toEqual({
      server_name: new EnvironmentVariable('POD_NAME'),
      listen: '0.0.0.0:4222',
      http: '127.0.0.1:8222',
      logtime_utc: true,
      max_payload: 16 * MIB,
      max_pending: 128 * MIB,
      max_connections: 10_000,
      max_control_line: 4_096,
      write_deadline: '10s',
      ping_interval: '20s',
      ping_max: 3,
      lame_duck_duration: '30s',
      lame_duck_grace_period: '5s',
      tls: { ...tls, verify_and_map: true },
      cluster: {
        name: 'newsjet',
        listen: '0.0.0.0:6222',
        routes: [
          'nats-route://nats-0.nats-headless:6222',
          'nats-route://nats-1.nats-headless:6222',
          'nats-route://nats-2.nats-headless:6222',
        ],
        no_advertise: true,
        connect_retries: 120,
        tls: { ...tls, verify: true, verify_cert_and_check_known_urls: true },
      },
      // The streams' sizes and a tenth more.
      jetstream: {
        store_dir: '/data',
        max_file_store: Math.ceil((256 + 2_048 + 2_048 + 2_048 + 1_024 + 256 + 16) * MIB * 1.1),
        max_memory_store: 64 * MIB,
      },
    });
    expect([system_account, Object.keys(accounts as object)]).toEqual(['SYS', ['NEWSJET', 'SYS']]);
  });

  it('takes what differs from where a server runs', () => {
    const config = serverConfig(topologyOf(ONE_SOURCE), {
      ...POD,
      serverName: 'nats-0',
      host: '127.0.0.1',
      monitorHost: '192.0.2.1',
      maxStoreBytes: 1_000,
      lameDuckDuration: '40s',
      pidFile: '/tmp/pid',
      logFile: '/tmp/log',
    });
    expect(config).toMatchObject({
      server_name: 'nats-0',
      listen: '127.0.0.1:4222',
      cluster: { listen: '127.0.0.1:6222' },
      http: '192.0.2.1:8222',
      jetstream: { max_file_store: 1_000 },
      lame_duck_duration: '40s',
      pid_file: '/tmp/pid',
      log_file: '/tmp/log',
    });
  });

  it('has no monitoring port unless it is told one', () => {
    const { monitorPort, ...place } = POD;
    expect(serverConfig(topologyOf(ONE_SOURCE), place).http).toBeUndefined();
    expect(renderServerConfig(topologyOf(ONE_SOURCE), place)).not.toContain('http');
  });

  it('has no routes when it is alone', () => {
    const config = serverConfig(topologyOf(`nats: { servers: 1 }\n${ONE_SOURCE}`), { ...POD, routes: [] });
    expect(config.cluster).toBeUndefined();
  });

  it('carries a document of the largest size in one message', () => {
    // The exporter's cap of 10 MB, as JSON with some escapes.
    expect(MAX_PAYLOAD_BYTES).toBeGreaterThan(10 * MIB * 1.5);
  });
});

describe('authorization', () => {
  it('has a user for each identity, with exactly its permissions', () => {
    const topology = topologyOf(ONE_SOURCE);
    const { accounts } = authorization(topology);
    const creator = topology.identities.find(({ name }) => name === 'news-creator');
    const workers = ['a-exporter', 'a-consumer', 'news-creator', 'news-monitor'];
    const clients = [...workers, 'bootstrap', 'operator', 'replay'];
    expect(accounts).toEqual({
      NEWSJET: {
        jetstream: 'enabled',
        users: clients.map((name) => expect.objectContaining({ user: `CN=${name}` })),
      },
      SYS: {
        exports: [{ service: '$SYS.REQ.ACCOUNT.*.CONNZ', response_type: 'stream', account_token_position: 4 }],
        users: [
          expect.objectContaining({ user: 'CN=nats-monitor' }),
          {
            user: 'CN=system',
            permissions: {
              publish: { allow: ['$SYS.REQ.SERVER.PING', '$SYS.REQ.SERVER.*.RELOAD'] },
              subscribe: { allow: ['_INBOX.system.>'] },
            },
          },
        ],
      },
    });
    expect((accounts as { NEWSJET: { users: object[] } }).NEWSJET.users[2]).toEqual({
      user: certificateUser('news-creator'),
      permissions: { publish: { allow: creator?.publish }, subscribe: { allow: ['_INBOX.news-creator.>'] } },
    });
  });

  it('denies everything where nothing is allowed', () => {
    const identities = [{ name: 'mute', account: 'newsjet', publish: [], subscribe: [] }] as const;
    const nothing = { deny: ['>'] };
    expect(authorization({ identities }).accounts).toMatchObject({
      NEWSJET: { users: [{ user: 'CN=mute', permissions: { publish: nothing, subscribe: nothing } }] },
    });
  });
});

describe('the real server', () => {
  let directory: string;
  let executable: string;
  let place: ServerPlace;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'newsjet-server-config-'));
    await ensureCertificates({ directory, identities: [] });
    ({ path: executable } = await findNatsServer({ cacheDirectory: CACHE_DIRECTORY, progress: () => {} }));
    place = {
      ...POD,
      storeDirectory: join(directory, 'store'),
      pidFile: join(directory, 'pid'),
      logFile: join(directory, 'log'),
      certificates: {
        ca: join(directory, 'ca.crt'),
        cert: join(directory, 'server.crt'),
        key: join(directory, 'server.key'),
      },
    };
  });
  afterAll(() => rm(directory, { recursive: true, force: true }));

  /** What `nats-server -t` says of a configuration. */
  async function check(configuration: string): Promise<{ code: number; output: string }> {
    const file = join(directory, 'server.conf');
    await writeFile(file, configuration);
    const env = { PATH: process.env.PATH, POD_NAME: 'nats-0' };
    return new Promise((resolve) => {
      execFile(executable, ['-t', '-c', file], { env }, (error, stdout, stderr) =>
        resolve({ code: error === null ? 0 : Number(error.code ?? -1), output: stdout + stderr }),
      );
    });
  }

  it.each(['newsjet.yaml', 'newsroom.yaml'])('accepts what is rendered for %s', async (name) => {
    const { code, output } = await check(renderServerConfig(await committed(name), place));
    expect(code, output).toBe(0);
    expect(output).toMatch(/configuration file .* is valid/);
  });

  it('accepts a server that is alone, and one that is not monitored', async () => {
    const { monitorPort, ...unmonitored } = place;
    const alone = topologyOf(`nats: { servers: 1 }\n${ONE_SOURCE}`);
    for (const where of [place, unmonitored]) {
      const { code, output } = await check(renderServerConfig(alone, where));
      expect(code, output).toBe(0);
    }
  });

  it('would refuse a key that it does not know, and certificates that are not there', async () => {
    const configuration = renderServerConfig(topologyOf(ONE_SOURCE), place);
    const unknown = await check(configuration.replace('verify_and_map', 'verify_and_nap'));
    expect(unknown.code, unknown.output).toBe(1);
    expect(unknown.output).toContain('verify_and_nap');
    const missing = await check(configuration.replaceAll('server.key', 'no-server.key'));
    expect(missing.code, missing.output).toBe(1);
  });

  it('needs the variables that the configuration refers to', async () => {
    const other = { ...place, serverName: new EnvironmentVariable('NEWSJET_NO_SUCH_VARIABLE') };
    const { code, output } = await check(renderServerConfig(topologyOf(ONE_SOURCE), other));
    expect(code, output).toBe(1);
    expect(output).toContain('NEWSJET_NO_SUCH_VARIABLE');
  });
});

// A real API server for tests: etcd and kube-apiserver as processes, with fresh certificates, RBAC and nothing else.
import { generateKeyPairSync } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type IssuedCertificate, issueAuthority, issueServerCertificate } from '../../../certs/authority.ts';
import { Child } from '../../../local/child.ts';
import { freePorts } from '../../../local/ports.ts';
import { GiveUpError, waitFor } from '../../../local/wait.ts';
import { Transport } from '../../../workers/operator/kubernetes/transport.ts';
import { ADMIN, type ApiServerAddress, accessFor, writeAddress } from './access.ts';
import type { ApiServerBinaries } from './binaries.ts';

const START_TIMEOUT_MS = 90_000;
const STOP_GRACE_MS = 10_000;
const SERVICE_RANGE = '10.96.0.0/24';

/** An API server under test; `address` is all that a test needs of it. */
export class TestApiServer {
  readonly address: ApiServerAddress;
  readonly #etcd: Child;
  readonly #server: Child;

  private constructor(address: ApiServerAddress, etcd: Child, server: Child) {
    this.address = address;
    this.#etcd = etcd;
    this.#server = server;
  }

  /** Starts both servers, and returns when the API server says that it is ready. */
  static async start(binaries: ApiServerBinaries): Promise<TestApiServer> {
    const directory = await mkdtemp(join(tmpdir(), 'newsjet-api-server-'));
    const [port, client, peer] = (await freePorts(3)) as [number, number, number];
    const authority = await issueAuthority({ commonName: 'Test API server CA' });
    const address = { directory, port, authority };
    const args = await serverArguments(address, client);
    const etcd = startEtcd(binaries.etcd, directory, { client, peer });
    const apiServer = new Child({
      name: 'kube-apiserver',
      command: binaries.apiServer,
      args,
      logFile: join(directory, 'kube-apiserver.log'),
    });
    const server = new TestApiServer(address, etcd, apiServer);
    try {
      await server.#ready();
    } catch (error) {
      await server.stop();
      throw error;
    }
    await writeAddress(address);
    return server;
  }

  /** Stops both and removes their folder. */
  async stop(): Promise<void> {
    await this.#server.stop(STOP_GRACE_MS);
    await this.#etcd.stop(STOP_GRACE_MS);
    await rm(this.address.directory, { recursive: true, force: true });
  }

  async #ready(): Promise<void> {
    const transport = new Transport(await accessFor(this.address, ADMIN));
    try {
      await waitFor('the API server is ready', START_TIMEOUT_MS, async () => {
        for (const child of [this.#etcd, this.#server]) {
          if (child.exit) throw new GiveUpError(`${child.name} has ended: ${child.lastLines(5)}`);
        }
        const signal = AbortSignal.timeout(5_000);
        const response = await transport.send({ method: 'GET', path: '/readyz', signal });
        response.resume();
        return response.statusCode === 200;
      });
    } finally {
      transport.close();
    }
  }
}

function startEtcd(
  command: string,
  directory: string,
  ports: { readonly client: number; readonly peer: number },
): Child {
  const [client, peer] = [`http://127.0.0.1:${ports.client}`, `http://127.0.0.1:${ports.peer}`];
  const args = ['--data-dir', join(directory, 'etcd'), '--unsafe-no-fsync', '--log-level', 'warn'];
  args.push('--listen-client-urls', client, '--advertise-client-urls', client);
  args.push('--listen-peer-urls', peer, '--initial-advertise-peer-urls', peer, '--initial-cluster', `default=${peer}`);
  return new Child({ name: 'etcd', command, args, logFile: join(directory, 'etcd.log') });
}

async function serverArguments(
  { directory, port, authority }: ApiServerAddress,
  etcdPort: number,
): Promise<readonly string[]> {
  const certificates = join(directory, 'certs');
  await mkdir(certificates, { mode: 0o700 });
  const write = async (name: string, content: string): Promise<string> => {
    await writeFile(join(certificates, name), content, { mode: 0o600 });
    return join(certificates, name);
  };
  const names = ['127.0.0.1', 'localhost'];
  const server: IssuedCertificate = await issueServerCertificate({ authority, names, commonName: 'kube-apiserver' });
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const tokenKey = await write('tokens-key.pem', privateKey.export({ type: 'sec1', format: 'pem' }).toString());
  const settings = {
    'etcd-servers': `http://127.0.0.1:${etcdPort}`,
    'bind-address': '127.0.0.1',
    'advertise-address': '127.0.0.1',
    'secure-port': port,
    'client-ca-file': await write('ca.pem', authority.certificate),
    'tls-cert-file': await write('server.pem', server.certificate),
    'tls-private-key-file': await write('server-key.pem', server.privateKey),
    'authorization-mode': 'RBAC',
    'service-cluster-ip-range': SERVICE_RANGE,
    'service-account-issuer': 'https://kubernetes.default.svc',
    'service-account-key-file': tokenKey,
    'service-account-signing-key-file': tokenKey,
    // Nothing makes service accounts here, and pods would wait for theirs.
    'disable-admission-plugins': 'ServiceAccount',
    'endpoint-reconciler-type': 'none',
    'anonymous-auth': false,
    'enable-priority-and-fairness': false,
    'shutdown-delay-duration': '0s',
    v: 0,
  };
  return Object.entries(settings).map(([name, value]) => `--${name}=${value}`);
}

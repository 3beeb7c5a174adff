// A server that behaves like Kubernetes' API server for the Secrets of one namespace, over TLS, with a token.
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { type IssuedCertificate, issueAuthority, issueServerCertificate } from '../../../certs/authority.ts';

export const NAMESPACE = 'newsjet';
const TOKEN = 'token-of-the-service-account';

export interface StoredSecret {
  readonly metadata: { readonly name: string; readonly labels?: Readonly<Record<string, string>> };
  readonly type: string;
  readonly data: Readonly<Record<string, string>>;
}

/** What to do instead of answering a call as usual, a number of times. */
export interface Trouble {
  /** Such as `GET newsjet-ca`. */
  readonly call: RegExp;
  readonly times: number;
  /** A code to answer with its message, nothing but a closed connection, no answer at all, or an answer that is not JSON. */
  readonly answer: { readonly code: number; readonly message: string } | 'hang up' | 'silence' | 'garbage';
}

/** Keeps Secrets by name, and everything that it was asked. */
export class ApiServer {
  readonly secrets = new Map<string, StoredSecret>();
  /** Method and name of every call, such as `POST newsjet-ca`; whatever is not to be asked is here, too. */
  readonly calls: string[] = [];
  readonly #server: Server;
  readonly #authority: IssuedCertificate;
  readonly #trouble: { readonly trouble: Trouble; left: number }[] = [];
  /** Called before a Secret is created: the moment in which somebody else may do it. */
  beforeCreate: (name: string) => void = () => {};

  private constructor(server: Server, authority: IssuedCertificate) {
    this.#server = server;
    this.#authority = authority;
    server.on('request', (request, response) => void this.#answer(request, response));
  }

  static async start(): Promise<ApiServer> {
    const authority = await issueAuthority({ commonName: 'kubernetes' });
    const { certificate, privateKey } = await issueServerCertificate({ authority, names: ['127.0.0.1'] });
    const server = createServer({ cert: certificate, key: privateKey });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new ApiServer(server, authority);
  }

  /** Makes calls fail. */
  trouble(trouble: Trouble): void {
    this.#trouble.push({ trouble, left: trouble.times });
  }

  /** Forgets everything. */
  reset(): void {
    this.secrets.clear();
    this.calls.length = 0;
    this.#trouble.length = 0;
    this.beforeCreate = () => {};
  }

  /** Puts a Secret there, with data in plain text. */
  put(name: string, data: Readonly<Record<string, string>>, type = 'kubernetes.io/tls'): void {
    const encoded = Object.entries(data).map(([key, value]) => [key, Buffer.from(value).toString('base64')]);
    this.secrets.set(name, { metadata: { name }, type, data: Object.fromEntries(encoded) });
  }

  /** The data of a Secret, in plain text. */
  data(name: string): Record<string, string> {
    const secret = this.secrets.get(name);
    if (!secret) throw new Error(`there is no Secret ${name}, only ${[...this.secrets.keys()].join(', ')}`);
    return Object.fromEntries(
      Object.entries(secret.data).map(([key, value]) => [key, Buffer.from(value, 'base64').toString()]),
    );
  }

  /** The names that were to be created. */
  get created(): string[] {
    return this.calls.filter((call) => call.startsWith('POST ')).map((call) => call.slice('POST '.length));
  }

  /** A kubeconfig for this server. */
  kubeconfig(token = TOKEN): object {
    const cluster = {
      server: `https://127.0.0.1:${(this.#server.address() as AddressInfo).port}`,
      'certificate-authority-data': Buffer.from(this.#authority.certificate).toString('base64'),
    };
    return {
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name: 'test', cluster }],
      users: [{ name: 'test', user: { token } }],
      contexts: [{ name: 'test', context: { cluster: 'test', user: 'test' } }],
      'current-context': 'test',
    };
  }

  async writeKubeconfig(file: string): Promise<void> {
    await writeFile(file, JSON.stringify(this.kubeconfig()), { mode: 0o600 });
  }

  async stop(): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, 'close');
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let body = '';
    for await (const chunk of request) body += chunk;
    const [, namespace = '', name] =
      /^\/api\/v1\/namespaces\/([^/]+)\/secrets(?:\/([^/?]+))?/.exec(request.url ?? '') ?? [];
    const secret = (body ? JSON.parse(body) : undefined) as StoredSecret | undefined;
    const call = `${request.method} ${name ?? secret?.metadata.name ?? '*'}`;
    this.calls.push(call);
    if (request.headers.authorization !== `Bearer ${TOKEN}`) return refuse(response, 401, 'Unauthorized');
    const found = this.#trouble.find(({ trouble, left }) => left > 0 && trouble.call.test(call));
    if (found) {
      found.left--;
      return cause(found.trouble, response);
    }
    if (request.method === 'GET' && name) return this.#get(response, name);
    if (request.method === 'POST' && secret && !name) return this.#create(response, namespace, secret);
    refuse(response, 403, `secrets is forbidden: cannot ${request.method} ${request.url}`);
  }

  #get(response: ServerResponse, name: string): void {
    const secret = this.secrets.get(name);
    if (secret) send(response, 200, { apiVersion: 'v1', kind: 'Secret', ...secret });
    else refuse(response, 404, `secrets "${name}" not found`);
  }

  #create(response: ServerResponse, namespace: string, secret: StoredSecret): void {
    const refusal = this.#refusal(namespace, secret);
    if (refusal) {
      refuse(response, ...refusal);
    } else {
      this.secrets.set(secret.metadata.name, secret);
      send(response, 201, secret);
    }
  }

  #refusal(namespace: string, { metadata: { name }, type, data }: StoredSecret): [number, string] | undefined {
    if (namespace !== NAMESPACE) return [404, `namespaces "${namespace}" not found`];
    this.beforeCreate(name);
    if (this.secrets.has(name)) return [409, `secrets "${name}" already exists`];
    const missing = ['tls.crt', 'tls.key'].find((key) => data[key] === undefined);
    if (type !== 'kubernetes.io/tls' || !missing) return undefined;
    return [422, `Secret "${name}" is invalid: data[${missing}]: Required value`];
  }
}

function cause({ answer }: Trouble, response: ServerResponse): void {
  if (answer === 'hang up') response.destroy();
  else if (answer === 'garbage')
    response.writeHead(200, { 'content-type': 'application/json' }).end('{"data":{"a":"c2Vjcm');
  else if (answer !== 'silence') refuse(response, answer.code, answer.message);
}

const refuse = (response: ServerResponse, code: number, message: string): void =>
  send(response, code, { apiVersion: 'v1', kind: 'Status', status: 'Failure', code, message });

function send(response: ServerResponse, code: number, body: object): void {
  response.writeHead(code, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

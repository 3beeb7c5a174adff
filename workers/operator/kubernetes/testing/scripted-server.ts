// A server that answers as a test tells it, to see what a client makes of an API server in trouble.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { ApiServerAccess } from '../transport.ts';

type Answer = (response: ServerResponse, request: IncomingMessage) => void;

export class ScriptedServer {
  /** `GET /path`, in the order in which they came. */
  readonly requests: string[] = [];
  readonly access: ApiServerAccess;
  readonly #server: Server;
  #answer: Answer = (response) => response.end('{}');

  private constructor(server: Server) {
    this.#server = server;
    const url = `http://127.0.0.1:${(server.address() as { port: number }).port}`;
    this.access = { getCurrentCluster: () => ({ server: url }), applyToHTTPSOptions: async () => {} };
    server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      this.requests.push(`${request.method} ${request.url}`);
      this.#answer(response, request);
    });
  }

  static start(): Promise<ScriptedServer> {
    return new Promise((resolve) => {
      const server = createServer();
      server.listen(0, '127.0.0.1', () => resolve(new ScriptedServer(server)));
    });
  }

  /** Says how to answer from now on, and forgets what was asked. */
  answer(answer: Answer): void {
    this.requests.length = 0;
    this.#answer = answer;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

/** An answer with a Status in it, as the API server refuses. */
export const refuse =
  (code: number, status: object, headers: Readonly<Record<string, string>> = {}): Answer =>
  (response) => {
    response.writeHead(code, { 'content-type': 'application/json', ...headers });
    response.end(JSON.stringify({ kind: 'Status', code, ...status }));
  };

/** What work failed with. */
export const failure = async (work: Promise<unknown>): Promise<Error> =>
  work.then(
    () => new Error('it succeeded'),
    (error: Error) => error,
  );

// Asks every server of the cluster for a report, over NATS.
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { headers, type Msg, type NatsConnection, RequestStrategy } from 'nats';

/** What one server says. */
export interface ServerReport<T> {
  /** Its name in the cluster. */
  readonly server: string;
  readonly data: T;
}

/** No server gave a report. */
export class ServerReportError extends Error {
  override readonly name = 'ServerReportError';
}

interface Answer<T> {
  readonly server?: { readonly name?: string };
  readonly data?: T;
  readonly error?: { readonly code: number; readonly description: string };
}

/** A consumer takes about 1,000 bytes, compressed 60: ten thousand of them stay within the usual largest message. */
const MAX_REPORT_BYTES = 256 * 1024 * 1024;
const decompress = promisify(gunzip);
const decoder = new TextDecoder();

/**
 * Asks, and gathers the reports in the order of the servers' names; a server that refuses, or is too late, is left out.
 * @param options.servers how many are expected: the last one's report ends the wait
 * @throws {ServerReportError} when there is not one
 */
export async function askServers<T>(
  connection: NatsConnection,
  subject: string,
  request: object,
  options: { readonly servers: number; readonly timeoutMs: number },
): Promise<ServerReport<T>[]> {
  const { servers, timeoutMs } = options;
  const accept = headers();
  accept.set('Accept-Encoding', 'gzip');
  const answers = await connection.requestMany(subject, JSON.stringify(request), {
    headers: accept,
    maxWait: timeoutMs,
    strategy: RequestStrategy.Count,
    maxMessages: servers,
  });
  const replies: Msg[] = [];
  // Taken first and read afterwards: what comes while a loop over answers waits for something else is dropped with the last one.
  for await (const answer of answers) replies.push(answer);
  const reports = new Map<string, T>();
  let refusal: string | undefined;
  for (const { server, data, error } of await Promise.all(replies.map((reply) => readAnswer<T>(reply)))) {
    if (server?.name !== undefined && data !== undefined) reports.set(server.name, data);
    else refusal = error?.description;
  }
  if (reports.size === 0) {
    throw new ServerReportError(`${subject}: ${refusal ?? `no server answered within ${timeoutMs} ms`}`);
  }
  return [...reports].map(([server, data]) => ({ server, data })).sort((a, b) => (a.server < b.server ? -1 : 1));
}

async function readAnswer<T>({ headers: own, data }: Msg): Promise<Answer<T>> {
  const isCompressed = own?.get('Content-Encoding') === 'gzip';
  const body = isCompressed ? await decompress(data, { maxOutputLength: MAX_REPORT_BYTES }) : data;
  return JSON.parse(decoder.decode(body)) as Answer<T>;
}

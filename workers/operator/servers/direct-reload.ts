// Has a server read its certificates anew that nobody can connect to as usual: the one that it presents has expired, so that
// neither clients nor the other servers have anything to do with it. NATS' client would not either, and can't be told to; the few
// lines of protocol are said here, after everything about the certificate but its time was found to be right.
import { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import type { DetailedPeerCertificate, TLSSocket } from 'node:tls';
import { SYSTEM } from '../../contract/roles.ts';
import { inboxPrefix, serverReload } from '../../contract/subjects.ts';
import { isSignedByOneOf } from '../certificates/bundle.ts';
import { type ClientFiles, ending, type ServerAddress, withHandshake } from './handshake.ts';
import { checkReload, type ReloadAnswer, ServerRequestError } from './system-account.ts';

/** Of the system account's identity, PEM. */
export interface SystemFiles extends ClientFiles {
  readonly ca: string;
}

/** A reload reads files and goes through every client. */
const TIMEOUT_MS = 10_000;
const MAX_DEPTH = 5;

/**
 * Reloads the one server at an address.
 * @throws {ServerRequestError} when its certificate is not one of ours for that address, it refuses, or it does not answer
 */
export async function reloadDirectly(
  address: ServerAddress,
  { ca, ...client }: SystemFiles,
  options: { readonly signal?: AbortSignal; readonly timeoutMs?: number } = {},
): Promise<void> {
  const { name, host, port } = address;
  try {
    await withHandshake(address, { timeoutMs: TIMEOUT_MS, ...options, client }, async (secured, info) => {
      checkCertificate(secured.getPeerCertificate(true), host, ca);
      if (info.server_name !== name) throw new Error(`the server there is ${String(info.server_name)}`);
      checkReload(name, await askToReload(secured, String(info.server_id)));
    });
  } catch (error) {
    throw new ServerRequestError(`can't have ${name} (${host}:${port}) reload`, { cause: error });
  }
}

/** Everything but the time: whose certificate it is, and that an authority of ours has signed it, perhaps through others. */
function checkCertificate(presented: DetailedPeerCertificate, host: string, ca: string): void {
  const leaf = new X509Certificate(presented.raw);
  const own = isIP(host) ? leaf.checkIP(host) : leaf.checkHost(host, { subject: 'never' });
  if (own === undefined) throw new Error(`its certificate is not for ${host}`);
  let next = presented;
  for (let depth = 0; depth < MAX_DEPTH; depth++) {
    const certificate = new X509Certificate(next.raw);
    if (depth > 0 && !certificate.ca) break;
    if (isSignedByOneOf(ca, certificate.toString())) return;
    const issuer = next.issuerCertificate;
    if (!issuer || !certificate.verify(new X509Certificate(issuer.raw).publicKey)) break;
    next = issuer;
  }
  throw new Error('its certificate is of another authority');
}

const MESSAGE = /^MSG \S+ 1 +(\d+)\r\n/m;
const REFUSAL = /^-ERR (.*)$/m;

function askToReload(secured: TLSSocket, id: string): Promise<ReloadAnswer> {
  const inbox = `${inboxPrefix(SYSTEM)}.reload`;
  const answer = ending<ReloadAnswer>(secured, (resolve, reject) => {
    let received = Buffer.alloc(0);
    secured.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      const text = received.toString('latin1');
      const refusal = REFUSAL.exec(text)?.[1];
      if (refusal !== undefined) reject(new Error(`it says ${refusal.trim()}`));
      const message = MESSAGE.exec(text);
      if (!message) return;
      const start = message.index + message[0].length;
      const end = start + Number(message[1]);
      if (received.length < end) return;
      try {
        resolve(JSON.parse(received.subarray(start, end).toString()) as ReloadAnswer);
      } catch (error) {
        reject(new Error('its answer is not JSON', { cause: error }));
      }
    });
  });
  const options = { verbose: false, pedantic: false, tls_required: true, lang: 'newsjet', name: SYSTEM, protocol: 1 };
  secured.write(`CONNECT ${JSON.stringify(options)}\r\nSUB ${inbox} 1\r\nPUB ${serverReload(id)} ${inbox} 0\r\n\r\n`);
  return answer;
}

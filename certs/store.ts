// The folder of certificates: keeps what is still good, issues what is missing, renews the rest.
import { randomUUID } from 'node:crypto';
import { chmod, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  AUTHORITY_DAYS,
  AUTHORITY_NAME,
  checkIdentity,
  type IssuedCertificate,
  issueAuthority,
  issueClientCertificate,
  issueServerCertificate,
  LEAF_DAYS,
  SERVER_NAME,
  type Validity,
  validityFrom,
} from './authority.ts';
import { type Expectation, expiry, findFault } from './inspection.ts';
import { withLock } from './lock.ts';
import { defaultServerNames } from './server-names.ts';

export interface EnsureOptions {
  /** Made with mode 0700 when it is missing. */
  readonly directory: string;
  /** One client certificate each, `<identity>.crt` and `<identity>.key`. */
  readonly identities: readonly string[];
  /** DNS names and addresses of all servers. @default those of three servers in the namespace newsjet */
  readonly serverNames?: readonly string[];
  /** @default the present */
  readonly now?: Date;
  /** How long a new server or client certificate holds. @default 90 */
  readonly leafDays?: number;
}

/** What has become of one certificate. */
export interface CertificateRow {
  /** Name of its files without extension: `ca`, `server`, or the identity. */
  readonly name: string;
  /** Distinguished name, such as `CN=news-creator`. */
  readonly subject: string;
  /** The identity that it gives a worker; null for the authority and the servers. */
  readonly identity: string | null;
  readonly notAfter: Date;
  readonly action: 'kept' | 'issued' | 'renewed';
  /** Why it was issued or renewed; the empty string when it was kept. */
  readonly reason: string;
}

export interface CertificateReport {
  readonly directory: string;
  /** The authority first, then the servers, then the identities in the order given. */
  readonly rows: readonly CertificateRow[];
}

interface Entry {
  readonly name: string;
  readonly identity: string | null;
  readonly expected: Expectation;
  readonly issue: () => Promise<IssuedCertificate>;
}

const LOCK_TIMEOUT_MS = 60_000;

/**
 * Makes sure that a folder holds a good certificate for the authority, the servers and each identity: `ca.crt`, `ca.key`,
 * `server.crt`, `server.key`, `<identity>.crt`, `<identity>.key`; PEM, keys PKCS#8 with mode 0600. What has less than a
 * third of its life left, or is not what it should be, is renewed; a new authority renews everything. Processes that do
 * this at the same time in the same folder wait for each other.
 * @throws {InvalidIdentityError} before anything is written
 */
export async function ensureCertificates(options: EnsureOptions): Promise<CertificateReport> {
  const { directory } = options;
  for (const identity of options.identities) checkIdentity(identity);
  await mkdir(directory, { recursive: true });
  await chmod(directory, 0o700);
  const rows = await withLock(join(directory, '.lock'), () => ensureAll(options), { timeoutMs: LOCK_TIMEOUT_MS });
  return { directory, rows };
}

async function ensureAll(options: EnsureOptions): Promise<CertificateRow[]> {
  const { directory, now = new Date(), leafDays = LEAF_DAYS } = options;
  const ca = await ensureOne(directory, now, {
    name: 'ca',
    identity: null,
    expected: { commonName: AUTHORITY_NAME },
    issue: () => issueAuthority(validityFrom(now, AUTHORITY_DAYS)),
  });
  const authority = ca.pair;
  const rows = [ca.row];
  for (const entry of leaves(options, authority, validityFrom(now, leafDays))) {
    rows.push((await ensureOne(directory, now, entry)).row);
  }
  return rows;
}

function leaves(options: EnsureOptions, authority: IssuedCertificate, period: Required<Validity>): Entry[] {
  const names = options.serverNames ?? defaultServerNames({ servers: 3 });
  const server: Entry = {
    name: 'server',
    identity: null,
    expected: { commonName: SERVER_NAME, authority, names },
    issue: () => issueServerCertificate({ authority, names, ...period }),
  };
  const clients = [...new Set(options.identities)].map(
    (identity): Entry => ({
      name: identity,
      identity,
      expected: { commonName: identity, authority },
      issue: () => issueClientCertificate({ authority, identity, ...period }),
    }),
  );
  return [server, ...clients];
}

async function ensureOne(
  directory: string,
  now: Date,
  entry: Entry,
): Promise<{ readonly pair: IssuedCertificate; readonly row: CertificateRow }> {
  const found = await readPair(directory, entry.name);
  const reason = found ? findFault(found, entry.expected, now) : 'missing';
  let pair = found;
  if (!pair || reason !== undefined) {
    pair = await entry.issue();
    await writePair(directory, entry.name, pair);
  } else {
    await chmod(join(directory, `${entry.name}.key`), 0o600);
  }
  const action = reason === undefined ? 'kept' : found ? 'renewed' : 'issued';
  const subject = `CN=${entry.expected.commonName}`;
  const { name, identity } = entry;
  return { pair, row: { name, subject, identity, notAfter: expiry(pair.certificate), action, reason: reason ?? '' } };
}

/** Reads both files; undefined when neither exists, an empty text for one that cannot be read. */
async function readPair(directory: string, name: string): Promise<IssuedCertificate | undefined> {
  const read = (extension: string): Promise<string | undefined> =>
    readFile(join(directory, `${name}.${extension}`), 'utf8').catch((error: NodeJS.ErrnoException) =>
      error.code === 'ENOENT' ? undefined : '',
    );
  const [certificate, privateKey] = await Promise.all([read('crt'), read('key')]);
  if (certificate === undefined && privateKey === undefined) return undefined;
  return { certificate: certificate ?? '', privateKey: privateKey ?? '' };
}

/** The key goes first: a crash between the two leaves a pair that does not match, which the next run renews. */
async function writePair(directory: string, name: string, pair: IssuedCertificate): Promise<void> {
  await replaceFile(join(directory, `${name}.key`), pair.privateKey, 0o600);
  await replaceFile(join(directory, `${name}.crt`), pair.certificate, 0o644);
}

async function replaceFile(path: string, content: string, mode: number): Promise<void> {
  const temporary = `${path}.${randomUUID()}.tmp`;
  try {
    await writeFile(temporary, content, { mode, flag: 'wx' });
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

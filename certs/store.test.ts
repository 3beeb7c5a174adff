import { spawn } from 'node:child_process';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { InvalidIdentityError } from './authority.ts';
import { ensureCertificates } from './store.ts';

const DAY_MS = 86_400_000;
const IDENTITIES = ['bootstrap', 'news-creator'];

let directory: string;

beforeEach(async () => {
  directory = join(await mkdtemp(join(tmpdir(), 'newsjet-certs-')), 'certs');
});

afterEach(async () => {
  await rm(join(directory, '..'), { recursive: true, force: true });
});

async function actions(options: Partial<Parameters<typeof ensureCertificates>[0]> = {}): Promise<string[]> {
  const report = await ensureCertificates({ directory, identities: IDENTITIES, ...options });
  return report.rows.map(({ name, action, reason }) => `${name} ${action}${reason && `: ${reason}`}`);
}

async function read(file: string): Promise<string> {
  return readFile(join(directory, file), 'utf8');
}

async function expectGoodChain(names = ['server', ...IDENTITIES]): Promise<void> {
  const ca = new X509Certificate(await read('ca.crt'));
  for (const name of names) {
    const certificate = new X509Certificate(await read(`${name}.crt`));
    expect(certificate.verify(ca.publicKey), name).toBe(true);
    expect(certificate.checkPrivateKey(createPrivateKey(await read(`${name}.key`))), name).toBe(true);
  }
}

const ALL_KEPT = ['ca kept', 'server kept', 'bootstrap kept', 'news-creator kept'];

describe('ensureCertificates', () => {
  it('issues everything that is missing and reports subject, identity and expiry', async () => {
    const now = new Date();
    const report = await ensureCertificates({ directory, identities: IDENTITIES, now });
    expect(report.rows.map(({ name, subject, identity, action }) => [name, subject, identity, action])).toEqual([
      ['ca', 'CN=Newsjet CA', null, 'issued'],
      ['server', 'CN=nats-server', null, 'issued'],
      ['bootstrap', 'CN=bootstrap', 'bootstrap', 'issued'],
      ['news-creator', 'CN=news-creator', 'news-creator', 'issued'],
    ]);
    expect((report.rows[2]?.notAfter.getTime() ?? 0) - now.getTime()).toBeGreaterThan(90 * DAY_MS - 2_000);
    await expectGoodChain();
  });

  it('lets nobody else read keys, and leaves no other file behind', async () => {
    await actions();
    expect((await stat(directory)).mode & 0o777).toBe(0o700);
    for (const name of ['ca', 'server', ...IDENTITIES]) {
      expect((await stat(join(directory, `${name}.key`))).mode & 0o777, name).toBe(0o600);
    }
    const files = ['ca', 'server', ...IDENTITIES].flatMap((name) => [`${name}.crt`, `${name}.key`]);
    expect((await readdir(directory)).sort()).toEqual(files.sort());
  });

  it('keeps what is good, byte for byte, and takes back the mode of a key', async () => {
    await actions();
    const before = await read('news-creator.crt');
    await chmod(join(directory, 'news-creator.key'), 0o644);
    expect(await actions()).toEqual(ALL_KEPT);
    expect(await read('news-creator.crt')).toBe(before);
    expect((await stat(join(directory, 'news-creator.key'))).mode & 0o777).toBe(0o600);
  });

  it('renews leaves with less than a third of their life left, and the authority only in its time', async () => {
    const start = Date.now();
    await actions();
    expect(await actions({ now: new Date(start + 59 * DAY_MS) })).toEqual(ALL_KEPT);
    const reason = 'less than a third of its life left';
    expect(await actions({ now: new Date(start + 61 * DAY_MS) })).toEqual([
      'ca kept',
      `server renewed: ${reason}`,
      `bootstrap renewed: ${reason}`,
      `news-creator renewed: ${reason}`,
    ]);
    await expectGoodChain();
  });

  it('renews every leaf with the authority', async () => {
    const start = Date.now();
    await actions({ leafDays: 3_600 });
    const lines = await actions({ now: new Date(start + 2_500 * DAY_MS), leafDays: 3_600 });
    expect(lines[0]).toBe('ca renewed: less than a third of its life left');
    await rm(join(directory, 'ca.key'));
    expect(await actions({ now: new Date(start + 2_500 * DAY_MS) })).toEqual([
      'ca renewed: unreadable',
      'server renewed: signed by another authority',
      'bootstrap renewed: signed by another authority',
      'news-creator renewed: signed by another authority',
    ]);
    await expectGoodChain();
  });

  it('renews what is expired, unreadable, or not what it should be, and leaves the rest alone', async () => {
    await actions({ identities: ['gone', 'torn', 'swapped', 'other', 'fine'] });
    await rm(join(directory, 'gone.crt'));
    await rm(join(directory, 'gone.key'));
    await writeFile(join(directory, 'torn.crt'), (await read('torn.crt')).slice(0, 200));
    await writeFile(join(directory, 'swapped.key'), await read('other.key'));
    await writeFile(join(directory, 'other.crt'), await read('fine.crt'));
    await writeFile(join(directory, 'other.key'), await read('fine.key'));
    expect(await actions({ identities: ['gone', 'torn', 'swapped', 'other', 'fine'] })).toEqual([
      'ca kept',
      'server kept',
      'gone issued: missing',
      'torn renewed: unreadable',
      'swapped renewed: the key is not its own',
      'other renewed: the subject is not CN=other',
      'fine kept',
    ]);
    await expectGoodChain(['gone', 'torn', 'swapped', 'other', 'fine']);
  });

  it("renews the servers' certificate when a name is added, but not for another order or spelling", async () => {
    const serverNames = ['localhost', '::1', '127.0.0.1'];
    await actions({ serverNames });
    expect(await actions({ serverNames: ['127.0.0.1', '0:0:0:0:0:0:0:1', 'localhost'] })).toEqual(ALL_KEPT);
    const lines = await actions({ serverNames: [...serverNames, 'nats.example'] });
    expect(lines).toEqual([
      'ca kept',
      'server renewed: the alternative names have changed',
      'bootstrap kept',
      'news-creator kept',
    ]);
    expect(new X509Certificate(await read('server.crt')).checkHost('nats.example')).toBe('nats.example');
  });

  it('writes nothing when an identity cannot name a certificate', async () => {
    await expect(ensureCertificates({ directory, identities: ['fine', '../up'] })).rejects.toThrow(
      InvalidIdentityError,
    );
    await expect(readdir(directory)).rejects.toThrow('ENOENT');
  });

  it('leaves one consistent set when several run at once', async () => {
    const reports = await Promise.all([actions(), actions(), actions(), actions()]);
    expect(reports.filter((lines) => lines.every((line) => line.endsWith('kept')))).toHaveLength(3);
    await expectGoodChain();
    expect((await readdir(directory)).filter((file) => !/\.(crt|key)$/.test(file))).toEqual([]);
  });

  it('is not held up by the lock of a process that has died', async () => {
    await actions();
    const holder = spawn(process.execPath, [
      '-e',
      `require('fs').writeFileSync(${JSON.stringify(join(directory, '.lock'))}, process.pid + ' ' + require('os').hostname() + ' x\\n')`,
    ]);
    await once(holder, 'exit');
    expect(await read('.lock')).toMatch(/^\d+ /);
    expect(await actions()).toEqual(ALL_KEPT);
  });
});

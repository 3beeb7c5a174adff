import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { access, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { linkTools, writeScript } from './fake-tools.ts';
import { findPrometheus, findPrometheusIfAny, PrometheusNotFoundError } from './prometheus.ts';
import { type Environment, runTool } from './tool.ts';

const ARCHITECTURES: Record<string, string> = { x64: 'amd64', arm64: 'arm64' };
const RELEASE = `prometheus-3.16.0.${process.platform}-${ARCHITECTURES[process.arch]}`;
const NOWHERE = 'http://127.0.0.1:9';

let home: string;
let bin: string;
let cacheDirectory: string;
let progress: string[];
let server: Server | undefined;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'newsjet-find-prometheus-'));
  bin = join(home, 'bin');
  cacheDirectory = join(home, 'cache');
  progress = [];
});
afterEach(async () => {
  server?.close();
  server = undefined;
  await rm(home, { recursive: true });
});

const options = (env: Environment, releasesUrl = NOWHERE) => ({
  cacheDirectory,
  env,
  releasesUrl,
  progress: (line: string) => progress.push(line),
});

async function programs(folder: string, version: string): Promise<void> {
  for (const name of ['prometheus', 'promtool'])
    await writeScript(join(folder, name), `echo "${name}, version ${version} (branch: none)"`);
}

/**
 * An apt-get and dpkg-deb whose archive holds prometheus, which asks for a script of its page and a service.
 * @param lists whether the machine has package lists; without, a download works only after an update
 * @returns the file of what apt-get was asked for
 */
async function fakeDebian(version: string, { lists = true } = {}): Promise<string> {
  const calls = join(home, 'apt-calls');
  await linkTools(bin, 'mkdir', 'cat', 'chmod', 'ln', 'touch');
  await writeScript(
    join(bin, 'apt-get'),
    'own=0; command=; names=',
    'for word in "$@"; do case $word in Dir::State=*) own=1;; update|download) command=$word;; *) [ -n "$command" ] && names="$names $word";; esac; done',
    `echo "$command$names" >> ${calls}`,
    `[ $command = update ] && exit 0`,
    `[ ${lists ? 1 : '$own'} = 1 ] || { echo "E: Unable to locate package" >&2; exit 100; }`,
    'for name in $names; do echo $name > $name.deb; done',
  );
  await writeScript(
    join(bin, 'dpkg-deb'),
    'read name < $2',
    'if [ $1 = -f ]; then [ $name = prometheus ] && echo "adduser, libjs-clock (>= 1.0~), init | systemd"; exit 0; fi',
    'if [ $name = prometheus ]; then',
    '  mkdir -p $3/usr/bin $3/usr/share/prometheus/web/static',
    `  for each in prometheus promtool; do echo "#!/bin/sh\necho $each, version ${version}" > $3/usr/bin/$each; chmod 755 $3/usr/bin/$each; done`,
    '  ln -s ../../../javascript/clock $3/usr/share/prometheus/web/static/clock',
    'else mkdir -p $3/usr/share/javascript/clock; touch $3/usr/share/javascript/clock/clock.js; fi',
  );
  return calls;
}

async function serveRelease(): Promise<string> {
  await programs(join(home, 'release', RELEASE), '3.16.0');
  const archive = join(home, `${RELEASE}.tar.gz`);
  await runTool('tar', ['-czf', archive, '-C', join(home, 'release'), RELEASE], { env: process.env });
  const body = await readFile(archive);
  const sum = createHash('sha256').update(body).digest('hex');
  const files: Record<string, string | Buffer> = {
    '/v3.16.0/sha256sums.txt': `${sum}  ${RELEASE}.tar.gz\n`,
    [`/v3.16.0/${RELEASE}.tar.gz`]: body,
  };
  server = createServer((request, response) => {
    const file = files[request.url ?? ''];
    response.writeHead(file === undefined ? 404 : 200).end(file);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe('findPrometheus', () => {
  it('takes what is on PATH, and says which it skips', async () => {
    await programs(join(home, 'old'), '2.24.1');
    await programs(join(home, 'good'), '2.42.0+ds');
    const found = await findPrometheus(options({ PATH: `${join(home, 'old')}:${join(home, 'good')}` }));
    expect(found).toEqual({
      prometheus: join(home, 'good', 'prometheus'),
      promtool: join(home, 'good', 'promtool'),
      version: '2.42.0',
      origin: 'PATH',
    });
    expect(progress).toEqual([
      `${join(home, 'old', 'prometheus')} is version 2.24.1, and 2.42.0 or newer is needed: skipped`,
    ]);
  });

  it('unpacks Debian’s package with what its page needs, once, and finds it in the cache afterwards', async () => {
    const calls = await fakeDebian('2.42.0');
    const path = join(cacheDirectory, 'bin', 'prometheus');
    const found = await findPrometheus(options({ PATH: bin }));
    expect(found).toEqual({
      prometheus: join(path, 'prometheus'),
      promtool: join(path, 'promtool'),
      version: '2.42.0',
      origin: 'Debian package',
      webAssets: join(path, 'web'),
    });
    await access(join(path, 'web/static/clock/clock.js'));
    expect(await readdir(join(cacheDirectory, 'bin'))).toEqual(['prometheus']);
    expect(await findPrometheus(options({ PATH: bin }))).toEqual({ ...found, origin: 'cache' });
    expect(await readFile(calls, 'utf8')).toBe('download prometheus\ndownload libjs-clock\n');
  });

  it('fetches package lists where the machine has none', async () => {
    const calls = await fakeDebian('2.42.0', { lists: false });
    expect((await findPrometheus(options({ PATH: bin }))).origin).toBe('Debian package');
    const asked = ['download prometheus', 'update', 'download prometheus', 'download libjs-clock', ''];
    expect(await readFile(calls, 'utf8')).toBe(asked.join('\n'));
  });

  it('takes the official release where Debian’s package is too old', async () => {
    await fakeDebian('2.24.1');
    await linkTools(bin, 'tar', 'gzip');
    const found = await findPrometheus(options({ PATH: bin }, await serveRelease()));
    expect(found).toMatchObject({ version: '3.16.0', origin: 'release archive' });
    expect(found).not.toHaveProperty('webAssets');
    expect(progress).toContainEqual(expect.stringMatching(/is version 2\.24\.1, and 2\.42\.0 or newer is needed$/));
  });

  it('builds it with Go where it cannot be downloaded', async () => {
    await linkTools(bin, 'chmod', 'cat');
    const calls = join(home, 'go-calls');
    await writeScript(
      join(bin, 'go'),
      `echo "$@" > ${calls}`,
      'for each in prometheus promtool; do echo "#!/bin/sh\necho $each, version 3.16.0" > $GOBIN/$each; chmod 755 $GOBIN/$each; done',
    );
    expect(await findPrometheus(options({ PATH: bin }))).toMatchObject({ version: '3.16.0', origin: 'go install' });
    const asked = await readFile(calls, 'utf8');
    for (const name of ['prometheus', 'promtool'])
      expect(asked).toContain(`github.com/prometheus/prometheus/cmd/${name}@v0.316.0`);
  });

  it('says in one sentence what it tried and what to do when there is none at all', async () => {
    const error = await findPrometheus(options({ PATH: bin })).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(PrometheusNotFoundError);
    const { message } = error as Error;
    for (const part of ['none on PATH', 'apt-get is not on PATH', 'cannot download', 'go is not on PATH', 'install Go'])
      expect(message).toContain(part);
  });
});

describe('findPrometheusIfAny', () => {
  it('builds nothing, says so in a line, and remembers for a day that there is none', async () => {
    await writeScript(join(bin, 'go'), `touch ${join(home, 'built')}`);
    const now = new Date('2026-05-01T10:00:00Z');
    expect(await findPrometheusIfAny({ ...options({ PATH: bin }), now })).toBeUndefined();
    expect(progress.at(-1)).toBe('without Prometheus, which cannot be had');
    progress = [];
    const later = new Date('2026-05-02T09:00:00Z');
    expect(await findPrometheusIfAny({ ...options({ PATH: bin }, await serveRelease()), now: later })).toBeUndefined();
    expect(progress).toEqual([
      expect.stringMatching(
        /^without Prometheus, which cannot be had \(apt-get is not on PATH.*remembered for a day in/,
      ),
    ]);
    await expect(access(join(home, 'built'))).rejects.toThrow('ENOENT');
  });

  it('asks again after a day, and takes what is on PATH at any time', async () => {
    await linkTools(bin, 'tar', 'gzip');
    const now = new Date('2026-05-01T10:00:00Z');
    await findPrometheusIfAny({ ...options({ PATH: bin }), now });
    await programs(join(home, 'mine'), '3.5.0');
    const mine = await findPrometheusIfAny({ ...options({ PATH: `${bin}:${join(home, 'mine')}` }), now });
    expect(mine).toMatchObject({ version: '3.5.0', origin: 'PATH' });
    const later = new Date('2026-05-02T10:00:01Z');
    const found = await findPrometheusIfAny({ ...options({ PATH: bin }, await serveRelease()), now: later });
    expect(found).toMatchObject({ version: '3.16.0', origin: 'release archive' });
  });
});

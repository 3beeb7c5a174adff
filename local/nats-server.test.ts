import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { linkTools, writeScript } from './fake-tools.ts';
import { findNatsServer, type NatsServerBinary, NatsServerNotFoundError } from './nats-server.ts';
import { freePorts } from './ports.ts';
import { type Environment, isAtLeast, runTool } from './tool.ts';

const ARCHITECTURES: Record<string, string> = { x64: 'amd64', arm64: 'arm64' };
const RELEASE = `nats-server-v2.15.2-${process.platform}-${ARCHITECTURES[process.arch]}`;

let home: string;
let cacheDirectory: string;
let progress: string[];
let server: Server | undefined;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'newsjet-nats-server-'));
  cacheDirectory = join(home, 'cache');
  progress = [];
});

afterEach(async () => {
  server?.close();
  server = undefined;
  await rm(home, { recursive: true });
});

const versionScript = (path: string, version: string) => writeScript(path, `echo "nats-server: v${version}"`);

async function find(env: Environment, releasesUrl = 'http://127.0.0.1:9'): Promise<NatsServerBinary> {
  return findNatsServer({ cacheDirectory, env, releasesUrl, progress: (line) => progress.push(line) });
}

/** A `go` that notes how it was called and installs a server that prints the version asked for. */
async function fakeGo(folder: string): Promise<string> {
  const calls = join(home, 'go-calls');
  await linkTools(folder, 'chmod');
  await writeScript(
    join(folder, 'go'),
    `echo "$GOFLAGS $*" >> ${calls}`,
    `printf '#!/bin/sh\\necho nats-server: v%s\\n' "\${2##*@v}" > "$GOBIN/nats-server"`,
    'chmod 755 "$GOBIN/nats-server"',
  );
  return calls;
}

/** Serves a release whose archive holds a server that prints `version`; returns the address of releases. */
async function serveRelease(checksum?: string): Promise<string> {
  await versionScript(join(home, 'release', RELEASE, 'nats-server'), '2.15.2');
  const archive = join(home, `${RELEASE}.tar.gz`);
  await runTool('tar', ['-czf', archive, '-C', join(home, 'release'), RELEASE], { env: process.env });
  const body = await readFile(archive);
  const sum = checksum ?? createHash('sha256').update(body).digest('hex');
  const files: Record<string, string | Buffer> = {
    '/v2.15.2/SHA256SUMS': `${'0'.repeat(64)}  nats-server-v2.15.2-plan9-mips.tar.gz\n${sum}  ${RELEASE}.tar.gz\n`,
    [`/v2.15.2/${RELEASE}.tar.gz`]: body,
  };
  server = createServer((request, response) => {
    const file = files[request.url ?? ''];
    response.writeHead(file === undefined ? 404 : 200).end(file);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe('findNatsServer', () => {
  it('takes $NATS_SERVER before anything else', async () => {
    const named = await versionScript(join(home, 'mine', 'nats'), '2.16.0');
    await versionScript(join(home, 'bin', 'nats-server'), '2.15.2');
    expect(await find({ NATS_SERVER: named, PATH: join(home, 'bin') })).toEqual({
      path: named,
      version: '2.16.0',
      origin: '$NATS_SERVER',
    });
  });

  it('does not replace a $NATS_SERVER that will not do by another', async () => {
    const PATH = join(home, 'bin');
    await versionScript(join(PATH, 'nats-server'), '2.15.2');
    const old = await versionScript(join(home, 'old'), '2.13.9');
    await expect(find({ NATS_SERVER: old, PATH })).rejects.toThrow(
      /NATS_SERVER names .*old, which is version 2\.13\.9/,
    );
    await expect(find({ NATS_SERVER: join(home, 'absent'), PATH })).rejects.toThrow(NatsServerNotFoundError);
  });

  it('takes the first on PATH that is new enough, and says which it skips', async () => {
    const old = await versionScript(join(home, 'a', 'nats-server'), '2.9.10');
    const broken = await writeScript(join(home, 'b', 'nats-server'), 'exit 1');
    const good = await versionScript(join(home, 'c', 'nats-server'), '2.14.0');
    const PATH = ['a', 'b', 'c'].map((name) => join(home, name)).join(':');
    expect(await find({ PATH })).toEqual({ path: good, version: '2.14.0', origin: 'PATH' });
    expect(progress).toEqual([
      `${old} is version 2.9.10, and 2.14.0 or newer is needed: skipped`,
      `${broken} is no nats-server that runs, and 2.14.0 or newer is needed: skipped`,
    ]);
  });

  it('takes the one in the cache before building another', async () => {
    const cached = await versionScript(join(cacheDirectory, 'bin', 'nats-server-2.15.2'), '2.15.2');
    const calls = await fakeGo(join(home, 'bin'));
    expect(await find({ PATH: join(home, 'bin') })).toEqual({ path: cached, version: '2.15.2', origin: 'cache' });
    await expect(readFile(calls)).rejects.toThrow('ENOENT');
  });

  it('builds the pinned version into the cache, once for all who ask at the same time', async () => {
    const calls = await fakeGo(join(home, 'bin'));
    const env = { PATH: join(home, 'bin'), GOFLAGS: '-race' };
    const found = await Promise.all([find(env), find(env), find(env)]);
    const path = join(cacheDirectory, 'bin', 'nats-server-2.15.2');
    expect(found.map((binary) => binary.path)).toEqual([path, path, path]);
    expect(found.map(({ origin }) => origin).sort()).toEqual(['cache', 'cache', 'go install']);
    expect(await readFile(calls, 'utf8')).toBe('-trimpath install github.com/nats-io/nats-server/v2@v2.15.2\n');
    expect(await readdir(join(cacheDirectory, 'bin'))).toEqual(['nats-server-2.15.2']);
    expect(progress.some((line) => line.startsWith('building nats-server 2.15.2'))).toBe(true);
    expect((await find(env)).origin).toBe('cache');
  });

  it('builds again when what is in the cache does not run, and clears up after a build that was killed', async () => {
    await fakeGo(join(home, 'bin'));
    await writeScript(join(cacheDirectory, 'bin', 'nats-server-2.15.2'), 'exit 1');
    await writeScript(join(cacheDirectory, 'bin', 'nats-server-2.15.2.0.tmp', 'nats-server'), 'exit 1');
    expect((await find({ PATH: join(home, 'bin') })).origin).toBe('go install');
    expect(await readdir(join(cacheDirectory, 'bin'))).toEqual(['nats-server-2.15.2']);
  });

  it('downloads the official release where it cannot be built', async () => {
    await linkTools(join(home, 'bin'), 'tar', 'gzip');
    await writeScript(join(home, 'bin', 'go'), 'echo "no such module" >&2', 'exit 1');
    const found = await find({ PATH: join(home, 'bin') }, await serveRelease());
    expect(found).toMatchObject({ version: '2.15.2', origin: 'release archive' });
    expect(progress).toContain('go install exited with 1: no such module');
    expect(await readdir(join(cacheDirectory, 'bin'))).toEqual(['nats-server-2.15.2']);
  });

  it('refuses a release that has another checksum', async () => {
    await linkTools(join(home, 'bin'), 'tar', 'gzip');
    const url = await serveRelease('ab'.repeat(32));
    await expect(find({ PATH: join(home, 'bin') }, url)).rejects.toThrow(
      /has the checksum [0-9a-f]{64} instead of abab/,
    );
    expect(await readdir(join(cacheDirectory, 'bin'))).toEqual([]);
  });

  it('says in one sentence what it tried and what to do when there is none at all', async () => {
    await versionScript(join(home, 'bin', 'nats-server'), '2.9.10');
    const [port] = await freePorts(1);
    const error = await find({ PATH: join(home, 'bin') }, `http://127.0.0.1:${port}`).catch(
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(NatsServerNotFoundError);
    const { message } = error as Error;
    for (const part of ['2.9.10', 'go is not on PATH', 'ECONNREFUSED', 'set NATS_SERVER', 'install Go']) {
      expect(message).toContain(part);
    }
  });

  it('finds or gets a real one on this machine', { timeout: 300_000 }, async () => {
    const found = await findNatsServer({
      cacheDirectory: resolve('.newsjet'),
      progress: (line) => progress.push(line),
    });
    const output = await runTool(found.path, ['--version'], { env: process.env });
    expect(output).toContain(found.version);
    expect(isAtLeast(found.version, '2.14.0')).toBe(true);
  });
});

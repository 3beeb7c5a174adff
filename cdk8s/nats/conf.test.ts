import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'nats';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Child } from '../../local/child.ts';
import { findNatsServer } from '../../local/nats-server.ts';
import { freePorts } from '../../local/ports.ts';
import { waitFor } from '../../local/wait.ts';
import { CACHE_DIRECTORY } from '../../test/support/paths.ts';
import { type ConfValue, EnvironmentVariable, renderConf, UnrenderableError } from './conf.ts';

const START_TIMEOUT_MS = 10_000;

describe('renderConf', () => {
  it('writes blocks, lists and values, two spaces a level', () => {
    const conf = {
      server_name: new EnvironmentVariable('POD_NAME'),
      port: 4222,
      ratio: -0.5,
      debug: false,
      left_out: undefined,
      tls: { timeout: 5, ciphers: [] },
      accounts: { 'A b': { users: [{ user: 'CN=a', deny: ['$SYS.>', '>'] }] }, EMPTY: {} },
    };
    expect(renderConf(conf)).toBe(
      `server_name: $POD_NAME
port: 4222
ratio: -0.5
debug: false
tls: {
  timeout: 5
  ciphers: []
}
accounts: {
  "A b": {
    users: [
      {
        user: "CN=a"
        deny: [
          "$SYS.>"
          ">"
        ]
      }
    ]
  }
  EMPTY: {
  }
}
`,
    );
  });

  it.each([
    ['text', '"text"'],
    ['', '""'],
    ['$HOME', '"$HOME"'],
    ['4222', '"4222"'],
    ['true', '"true"'],
    ['say "hi"', '"say \\"hi\\""'],
    ['C:\\new', '"C:\\\\new"'],
    ['a\nb\r\tc', '"a\\nb\\r\\tc"'],
    ['\u0000\u001b\u007f', '"\\x00\\x1b\\x7f"'],
    ['\u0085', '"\\xc2\\x85"'],
    ['été 🚀', '"été 🚀"'],
  ])('quotes the string %j', (text, expected) => {
    expect(renderConf({ key: text })).toBe(`key: ${expected}\n`);
  });

  it.each(['include', 'Include', 'a b', 'a.b', '$a', '1', 'a{', 'a\\'])('quotes the key %j', (key) => {
    expect(renderConf({ [key]: 1 })).toBe(`"${key}": 1\n`);
  });

  it.each(['', 'a"b', 'a\nb'])('refuses the key %j, for which there is no form', (key) => {
    expect(() => renderConf({ [key]: 1 })).toThrow(new UnrenderableError(`${JSON.stringify(key)} can't be a key`));
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY, 1e21, 1e-7])('refuses the number %d', (number) => {
    expect(() => renderConf({ key: number })).toThrow(`the number ${number} can't be written`);
  });

  it.each(['', 'a b', 'A-B', '1A', 'A\n'])('refuses %j for the name of a variable', (name) => {
    expect(() => new EnvironmentVariable(name)).toThrow(UnrenderableError);
  });
});

describe('the server, of what was rendered', () => {
  /** What a server would take for syntax if it were not quoted. */
  const TEXTS = [
    '$HOME',
    '$NO_SUCH_VARIABLE',
    '# no comment',
    '// no comment',
    '"',
    '""',
    "'",
    'C:\\new\\x41\\',
    'two\nlines\r\n\tand a tab',
    '} { ] [ ( )',
    'a: b, c = d; e',
    '\u0001\u001b[31m\u007f\u0085',
    'été 🚀 \u2028',
    '4222',
    '10MB',
    'true',
    '2025-11-22T10:00:00Z',
    'include x.conf',
    ' spaces around ',
  ];
  const KEYS = TEXTS.filter((text) => !/["\p{Cc}]/u.test(text));
  let directory: string;
  let port: number;
  let monitorPort: number;
  let server: Child;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'newsjet-conf-'));
    const { path } = await findNatsServer({ cacheDirectory: CACHE_DIRECTORY, progress: () => {} });
    [port, monitorPort] = (await freePorts(2)) as [number, number];
    const accounts = KEYS.map((text): [string, ConfValue] => [
      text,
      { users: [{ user: `of ${text}`, password: 'x' }] },
    ]);
    const configuration = {
      server_name: new EnvironmentVariable('SERVER_NAME'),
      listen: `127.0.0.1:${port}`,
      http: `127.0.0.1:${monitorPort}`,
      accounts: {
        ...Object.fromEntries(accounts),
        TEXTS: { users: TEXTS.map((text, index) => ({ user: `user ${index}`, password: text })) },
        USERS: { users: TEXTS.map((text) => ({ user: text, password: 'x' })) },
      },
    };
    await writeFile(join(directory, 'server.conf'), renderConf(configuration));
    server = new Child({
      name: 'nats-server',
      command: path,
      args: ['-c', join(directory, 'server.conf')],
      environment: { SERVER_NAME: 'named-by-the-environment', HOME: '/nowhere' },
      logFile: join(directory, 'server.log'),
    });
    await waitFor('the server takes connections', START_TIMEOUT_MS, async () => {
      await (await open('user 0', TEXTS[0] as string)).close();
      return true;
    });
  });
  afterAll(async () => {
    await server.stop(START_TIMEOUT_MS);
    await rm(directory, { recursive: true, force: true });
  });

  const open = (user: string, pass: string) =>
    connect({ servers: `127.0.0.1:${port}`, user, pass, reconnect: false, timeout: START_TIMEOUT_MS });

  it.each(TEXTS)('reads %j as it was meant', async (text) => {
    const connections = await Promise.all([open(`user ${TEXTS.indexOf(text)}`, text), open(text, 'x')]);
    await Promise.all(connections.map((connection) => connection.close()));
  });

  it('and as nothing else', async () => {
    await expect(open('user 0', '/nowhere')).rejects.toThrow(/authorization/i);
    await expect(open('user 0', `${TEXTS[0]} `)).rejects.toThrow(/authorization/i);
  });

  it('reads keys as they were meant', async () => {
    const response = await fetch(`http://127.0.0.1:${monitorPort}/accountz`);
    const { accounts } = (await response.json()) as { accounts: string[] };
    const names = [...KEYS, 'TEXTS', 'USERS'];
    expect(accounts.filter((name) => !name.startsWith('$SYS') && name !== '$G').sort()).toEqual(names.sort());
  });

  it('takes variables from its environment', async () => {
    const connection = await open('user 0', TEXTS[0] as string);
    expect(connection.info?.server_name).toBe('named-by-the-environment');
    await connection.close();
  });
});

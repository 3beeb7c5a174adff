import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  EnvironmentError,
  flag,
  httpAddress,
  integer,
  list,
  type Option,
  oneOf,
  readEnvironment,
  type Settings,
  text,
} from './environment.ts';

const read = <T>(option: Option<T>, value?: string): T =>
  readEnvironment(value === undefined ? {} : { X: value }, { x: option as Option<unknown> }).x as T;

function problemsOf<Table extends Record<string, Option<unknown>>>(
  environment: NodeJS.ProcessEnv,
  table: Table,
): string[] {
  try {
    const settings: Settings<Table> = readEnvironment(environment, table);
    return [`no problem: ${JSON.stringify(settings)}`];
  } catch (error) {
    expect(error).toBeInstanceOf(EnvironmentError);
    return (error as Error).message.split('\n').slice(1);
  }
}

describe('an option', () => {
  it.each([
    [text('X'), 'a b', 'a b'],
    [list('X'), ' a, b ,,c', ['a', 'b', 'c']],
    [flag('X'), 'true', true],
    [flag('X'), 'false', false],
    [integer('X', -5, 10), '-5', -5],
    [integer('X', 0, 10), '10', 10],
    [oneOf('X', ['a', 'b']), 'b', 'b'],
    [httpAddress('X'), 'http://collector:4318', 'http://collector:4318'],
    [httpAddress('X'), 'https://collector.example/otlp', 'https://collector.example/otlp'],
  ])('%# reads what is allowed', (option, value, expected) => {
    expect(read(option as Option<unknown>, value)).toEqual(expected);
  });

  it.each([
    [list('X'), ' , ', 'one or more values, separated by commas'],
    [flag('X'), 'yes', 'true, false'],
    [integer('X', 0, 10), '11', 'a whole number from 0 to 10'],
    [integer('X', 0, 10), '-1', 'a whole number from 0 to 10'],
    [integer('X', 0, 10), '1.5', 'a whole number from 0 to 10'],
    [integer('X', 0, 10), '0x5', 'a whole number from 0 to 10'],
    [integer('X', 0, 10), '1e1', 'a whole number from 0 to 10'],
    [integer('X', 0, 10), 'five', 'a whole number from 0 to 10'],
    [oneOf('X', ['a', 'b']), 'c', 'a, b'],
    [httpAddress('X'), 'collector:4318', 'an http or https address, with its scheme'],
    [httpAddress('X'), 'http://', 'an http or https address, with its scheme'],
  ])('%# refuses anything else, with the value and what is allowed', (option, value, allowed) => {
    expect(problemsOf({ X: value }, { x: option as Option<unknown> })).toEqual([
      `X is ${JSON.stringify(value)}: allowed: ${allowed}`,
    ]);
  });

  it('falls back when it is unset or empty, and is required without a fallback', () => {
    expect(read(integer('X', 1, 9, { otherwise: 3 }))).toBe(3);
    expect(read(text('X', { otherwise: '' }), '')).toBe('');
    expect(read(flag('X', { otherwise: false }))).toBe(false);
    expect(problemsOf({ X: '' }, { x: text('X') })).toEqual(['X is not set']);
  });
});

describe('readEnvironment', () => {
  let directory: string;
  const file = (name: string): string => join(directory, name);
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'newsjet-environment-'));
    await writeFile(file('secret'), '  hunter2\n');
    await writeFile(file('empty'), '\n');
  });
  afterAll(() => rm(directory, { recursive: true }));

  it('reports every problem at once', () => {
    const table = { url: list('URL'), port: integer('PORT', 0, 65_535), level: oneOf('LEVEL', ['info', 'debug']) };
    expect(problemsOf({ PORT: '99999', LEVEL: 'loud' }, table)).toEqual([
      'URL is not set',
      'PORT is "99999": allowed: a whole number from 0 to 65535',
      'LEVEL is "loud": allowed: info, debug',
    ]);
  });

  it('takes a secret from the variable, or from the file that another one names', () => {
    const table = { password: text('PASSWORD', { secret: true }) };
    expect(readEnvironment({ PASSWORD: 'direct', PASSWORD_FILE: file('secret') }, table)).toEqual({
      password: 'direct',
    });
    expect(readEnvironment({ PASSWORD_FILE: file('secret') }, table)).toEqual({ password: 'hunter2' });
  });

  it('takes nothing but secrets from files', () => {
    expect(problemsOf({ NAME_FILE: file('secret') }, { name: text('NAME') })).toEqual(['NAME is not set']);
  });

  it('says what is wrong with a file, and where a secret may come from', () => {
    const table = { password: text('PASSWORD', { secret: true }) };
    expect(problemsOf({}, table)).toEqual(['PASSWORD is not set (PASSWORD_FILE may name a file that holds it)']);
    expect(problemsOf({ PASSWORD_FILE: '/nowhere/secret' }, table)).toEqual([
      'PASSWORD: PASSWORD_FILE names "/nowhere/secret", which can\'t be read',
    ]);
    expect(problemsOf({ PASSWORD_FILE: file('empty') }, table)).toEqual([
      `PASSWORD: PASSWORD_FILE names "${file('empty')}", which is empty`,
    ]);
  });

  it('never shows a secret', () => {
    const pin = integer('PIN', 0, 9, { secret: true });
    expect(problemsOf({ PIN: '31415926' }, { pin })).toEqual(['PIN: allowed: a whole number from 0 to 9']);
  });
});

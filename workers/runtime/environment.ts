// Reads a worker's settings: one table of options, each with its default and check, and every problem reported at once.
import { readFileSync } from 'node:fs';

/** How one environment variable is read. */
export interface Option<T> {
  readonly variable: string;
  /** Used when the variable is unset or empty; without one the variable is required. */
  readonly otherwise?: T;
  /** Whether the value is a secret: it may come from the file named by `<variable>_FILE`, and is never shown. */
  readonly secret?: boolean;
  /** @throws {Error} saying what is allowed */
  readonly parse: (text: string) => T;
}

/** The settings that a table of options yields. */
export type Settings<Table> = { readonly [K in keyof Table]: Table[K] extends Option<infer T> ? T : never };

/** Settings that can't be used; the message lists every problem, a line each. */
export class EnvironmentError extends Error {
  override readonly name = 'EnvironmentError';

  constructor(problems: readonly string[]) {
    super(`the environment does not configure this process:\n${problems.join('\n')}`);
  }
}

type Extra<T> = { readonly otherwise?: T; readonly secret?: boolean };

/** Any text. */
export const text = (variable: string, extra: Extra<string> = {}): Option<string> => ({
  variable,
  ...extra,
  parse: (value) => value,
});

/** One or more values, separated by commas. */
export const list = (variable: string, extra: Extra<readonly string[]> = {}): Option<readonly string[]> => ({
  variable,
  ...extra,
  parse: (value) => {
    const parts = value
      .split(',')
      .map((part) => part.trim())
      .filter((part) => part !== '');
    if (parts.length === 0) throw new Error('allowed: one or more values, separated by commas');
    return parts;
  },
});

/** An http or https address. */
export const httpAddress = (variable: string, extra: Extra<string> = {}): Option<string> => ({
  variable,
  ...extra,
  parse: (value) => {
    if (!URL.canParse(value) || !/^https?:$/.test(new URL(value).protocol)) {
      throw new Error('allowed: an http or https address, with its scheme');
    }
    return value;
  },
});

/** `true` or `false`. */
export const flag = (variable: string, extra: Extra<boolean> = {}): Option<boolean> => ({
  variable,
  ...extra,
  parse: (value) => {
    if (value !== 'true' && value !== 'false') throw new Error('allowed: true, false');
    return value === 'true';
  },
});

/** A whole number, from `min` to `max`. */
export const integer = (variable: string, min: number, max: number, extra: Extra<number> = {}): Option<number> => ({
  variable,
  ...extra,
  parse: (value) => {
    const number = /^-?\d+$/.test(value) ? Number(value) : Number.NaN;
    if (!(number >= min && number <= max)) {
      throw new Error(`allowed: a whole number from ${min} to ${max}`);
    }
    return number;
  },
});

/** One or more whole numbers, from `min` to `max`, separated by commas. */
export const integers = (
  variable: string,
  min: number,
  max: number,
  extra: Extra<readonly number[]> = {},
): Option<readonly number[]> => ({
  variable,
  ...extra,
  parse: (value) =>
    list(variable)
      .parse(value)
      .map(integer(variable, min, max).parse),
});

/** One of the values that are allowed. */
export const oneOf = <T extends string>(variable: string, allowed: readonly T[], extra: Extra<T> = {}): Option<T> => ({
  variable,
  ...extra,
  parse: (value) => {
    if (!allowed.includes(value as T)) throw new Error(`allowed: ${allowed.join(', ')}`);
    return value as T;
  },
});

/**
 * Reads all options of a table.
 * @throws {EnvironmentError} naming every variable that is missing or wrong, with its value unless it is a secret
 */
export function readEnvironment<Table extends Record<string, Option<unknown>>>(
  environment: NodeJS.ProcessEnv,
  table: Table,
): Settings<Table> {
  const problems: string[] = [];
  const settings: Record<string, unknown> = {};
  for (const [key, option] of Object.entries(table)) {
    const { variable, otherwise, secret } = option;
    let value: string | undefined;
    try {
      value = environment[variable] || (secret ? readSecret(`${variable}_FILE`, environment) : undefined);
      if (value) settings[key] = option.parse(value);
      else if (otherwise !== undefined) settings[key] = otherwise;
      else problems.push(`${variable} is not set${secret ? ` (${variable}_FILE may name a file that holds it)` : ''}`);
    } catch (error) {
      problems.push(
        `${variable}${value && !secret ? ` is ${JSON.stringify(value)}` : ''}: ${(error as Error).message}`,
      );
    }
  }
  if (problems.length > 0) throw new EnvironmentError(problems);
  return settings as Settings<Table>;
}

function readSecret(variable: string, environment: NodeJS.ProcessEnv): string | undefined {
  const file = environment[variable];
  if (!file) return undefined;
  let secret: string;
  try {
    secret = readFileSync(file, 'utf8').trim();
  } catch (error) {
    throw new Error(`${variable} names ${JSON.stringify(file)}, which can't be read`, { cause: error });
  }
  if (secret === '') throw new Error(`${variable} names ${JSON.stringify(file)}, which is empty`);
  return secret;
}

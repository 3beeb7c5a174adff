// Settings of the local commands, from the environment and the project's folder.
import { existsSync } from 'node:fs';
import { basename, extname, join, resolve } from 'node:path';

/** A setting that can't be used. */
export class SettingError extends Error {
  override readonly name = 'SettingError';
}

/** Where things are: the commands run in the project's folder. */
export const CACHE_DIRECTORY = resolve('.newsjet');
/** Where `make certs` puts them, too. */
export const CERTIFICATE_DIRECTORY = join(CACHE_DIRECTORY, 'certs');
export const BUNDLE_DIRECTORY = resolve('dist/workers');

/** State of a run, kept between runs of the same definition. */
export const stateDirectory = (name: string): string => join(CACHE_DIRECTORY, 'state', name);

/** The definition to run: `CONFIG`, else the built-in newsroom. */
export function definitionFile(environment: NodeJS.ProcessEnv): { readonly path: string; readonly name: string } {
  const path = environment.CONFIG || 'newsroom.yaml';
  if (!existsSync(path))
    throw new SettingError(`there is no definition ${path}; CONFIG=… names a file like newsroom.yaml`);
  return { path, name: basename(path, extname(path)) };
}

/** A port from the environment; 0 takes any that is free. */
export function port(environment: NodeJS.ProcessEnv, variable: string, otherwise: number): number {
  const text = environment[variable];
  if (!text) return otherwise;
  const value = Number(text);
  if (Number.isInteger(value) && value >= 0 && value <= 65_535) return value;
  throw new SettingError(`${variable} is ${JSON.stringify(text)}; allowed: a port from 0 to 65535`);
}

/** The token for X, or the file that holds it, as the environment says. */
export function xToken(environment: NodeJS.ProcessEnv): Record<string, string> {
  const { X_BEARER_TOKEN: token, X_BEARER_TOKEN_FILE: file } = environment;
  if (file) return { X_BEARER_TOKEN_FILE: resolve(file) };
  return token ? { X_BEARER_TOKEN: token } : {};
}

/** What the environment says to OpenTelemetry: where traces go, and how. */
export const telemetry = (environment: NodeJS.ProcessEnv): Record<string, string> =>
  Object.fromEntries(
    Object.entries(environment).filter((entry): entry is [string, string] => /^OTEL_/.test(entry[0]) && !!entry[1]),
  );

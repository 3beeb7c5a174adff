// Gets mongo-java-server, the stand-in for MongoDB, through Maven.
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureInstalled } from './cache.ts';
import {
  type Environment,
  findOnPath,
  isAtLeast,
  type Progress,
  readVersion,
  runTool,
  ToolFailedError,
} from './tool.ts';

const MINIMUM_JAVA_VERSION = '17.0.0';
// A new release is `"21"`, later ones are `"21.0.2"`.
const JAVA_VERSION_PATTERN = /version "(\d+(?:\.\d+)*)/;
const VERSION_PATTERN = /<mongo-java-server\.version>([^<]+)</;

/** mongo-java-server with what it needs, on this machine. */
export interface MongoJavaServer {
  readonly version: string;
  /** The program `java`. */
  readonly java: string;
  /** Holds `classes/Launcher.class` and `lib/*.jar`. */
  readonly directory: string;
}

export interface FindMongoJavaServerOptions {
  readonly cacheDirectory: string;
  readonly progress: Progress;
  readonly env: Environment;
  /** Holds `pom.xml` and `Launcher.java`. @default mongo-java-server beside this file */
  readonly sourceDirectory?: string;
}

/**
 * Finds it in the cache, or fetches it with Maven and compiles its launcher.
 * @throws {ToolFailedError} when there is no Java 17 or Maven, or when one of them fails
 */
export async function findMongoJavaServer(options: FindMongoJavaServerOptions): Promise<MongoJavaServer> {
  const { cacheDirectory, progress, env, sourceDirectory = defaultSourceDirectory() } = options;
  const java = await findJava(env);
  const project = join(sourceDirectory, 'pom.xml');
  const launcher = join(sourceDirectory, 'Launcher.java');
  const sources = await Promise.all([readFile(project), readFile(launcher)]);
  const version = VERSION_PATTERN.exec(String(sources[0]))?.[1] ?? 'unknown';
  // What it is made from is part of its name, so that a change of either file makes another one.
  const digest = createHash('sha256').update(Buffer.concat(sources)).digest('hex').slice(0, 8);
  const directory = resolve(cacheDirectory, `mongo-java-server-${version}-${digest}`);
  const find = async (): Promise<MongoJavaServer | undefined> =>
    existsSync(join(directory, 'classes', 'Launcher.class')) ? { version, java, directory } : undefined;
  const install = async (folder: string): Promise<string> => {
    const made = join(folder, 'made');
    await fetchLibraries(project, made, version, env, progress);
    await compile(launcher, made, env);
    return made;
  };
  return ensureInstalled({ path: directory, find, install, progress });
}

/** Beside this file; or below the working directory, when this file has been bundled elsewhere. */
function defaultSourceDirectory(): string {
  const beside = fileURLToPath(new URL('./mongo-java-server', import.meta.url));
  return existsSync(beside) ? beside : resolve('local/mongo-java-server');
}

async function findJava(env: Environment): Promise<string> {
  const java = await findJavaTool('java', env);
  const version = await readVersion(java, env, '-version', JAVA_VERSION_PATTERN);
  if (version === undefined || !isAtLeast(version, MINIMUM_JAVA_VERSION)) {
    throw new ToolFailedError(`${java} is version ${version ?? 'unknown'}, and Java 17 or newer is needed`);
  }
  return java;
}

async function findJavaTool(name: string, env: Environment): Promise<string> {
  const home = env.JAVA_HOME ? join(env.JAVA_HOME, 'bin', name) : undefined;
  const path = home !== undefined && existsSync(home) ? home : (await findOnPath(name, env))[0];
  if (path === undefined)
    throw new ToolFailedError(`${name} is not on PATH, and a JDK of version 17 or newer is needed`);
  return path;
}

async function fetchLibraries(
  project: string,
  folder: string,
  version: string,
  env: Environment,
  progress: Progress,
): Promise<void> {
  const [maven] = await findOnPath('mvn', env);
  if (maven === undefined) throw new ToolFailedError('mvn is not on PATH, so mongo-java-server cannot be fetched');
  const args = [
    'dependency:copy-dependencies',
    '--batch-mode',
    '--quiet',
    `--file=${project}`,
    '-DincludeScope=runtime',
    `-DoutputDirectory=${join(folder, 'lib')}`,
  ];
  await runTool(maven, args, { env, announce: `fetching mongo-java-server ${version} with Maven`, progress });
}

async function compile(launcher: string, folder: string, env: Environment): Promise<void> {
  const classes = join(folder, 'classes');
  await mkdir(classes, { recursive: true });
  const javac = await findJavaTool('javac', env);
  await runTool(javac, ['-d', classes, '-cp', join(folder, 'lib', '*'), launcher], { env });
}

// Brings the schema registry to what the topology declares. A version never changes: what is registered is put back when it was
// altered, and what was registered as something else is nobody's to replace.
import { isDeepStrictEqual } from 'node:util';
import type { NatsConnection } from 'nats';
import { incompatibilities, type Schema } from '../contract/schema-compatibility.ts';
import { type SchemaRegistry, type SchemaSpec, schemaSubject } from '../contract/schemas.ts';
import { bucketStream, bucketSubject, SCHEMAS_BUCKET } from '../contract/subjects.ts';
import { jsonOf, messagesFrom } from './direct-get.ts';
import { FatalError, isSuperseded, SupersededError } from './errors.ts';
import { jetStream } from './nats.ts';
import type { Finding, StreamChange } from './stream-plan.ts';

/** What an entry of the registry held, one state after the other. */
interface History {
  readonly key: string;
  /** Each state's document; undefined where it was deleted, or is no JSON object. */
  readonly states: readonly (Schema | undefined)[];
  readonly lastSequence: number;
}

/** All entries of the registry by their key, as they are now. */
export type StoredSchemas = ReadonlyMap<string, History>;

const STREAM = bucketStream(SCHEMAS_BUCKET);
const ALL = bucketSubject(SCHEMAS_BUCKET, '>');
const PREFIX = bucketSubject(SCHEMAS_BUCKET, '');
/** Messages of one read; together they are far less than what a client may wait to take in. */
const PAGE = 100;
const encoder = new TextEncoder();

/** Schemas can't be registered; none was. The message gives the reason for each. */
export class SchemaConflictError extends FatalError {
  constructor(problems: readonly string[]) {
    super(`schemas can't be registered, so none was:\n${problems.join('\n')}`);
  }
}

/**
 * Compares everything first and only then says what is to be done.
 * @throws {SchemaConflictError} listing every schema that may not be registered
 */
export async function planSchemas(connection: NatsConnection, registry: SchemaRegistry): Promise<StreamChange[]> {
  const stored = await readSchemas(connection);
  const findings = registry.schemas.map((spec) => compareSchema(connection, stored, spec, registry));
  const problems = findings.flatMap((finding) => finding.problems);
  if (problems.length > 0) throw new SchemaConflictError(problems);
  return findings.flatMap(({ change }) => change ?? []);
}

/** Reads the whole registry. */
export async function readSchemas(connection: NatsConnection): Promise<StoredSchemas> {
  const stored = new Map<string, History>();
  for (let sequence = 1; ; ) {
    const messages = await messagesFrom(connection, STREAM, { sequence, subjects: ALL, max: PAGE });
    for (const message of messages) {
      const key = message.subject.slice(PREFIX.length);
      const states = [...(stored.get(key)?.states ?? []), documentOf(message)];
      stored.set(key, { key, states, lastSequence: message.sequence });
    }
    const last = messages.at(-1);
    if (!last || messages.length < PAGE) return stored;
    sequence = last.sequence + 1;
  }
}

/** Looks at an entry, among the others; changes nothing. */
export function compareSchema(
  connection: NatsConnection,
  stored: StoredSchemas,
  spec: SchemaSpec,
  registry: SchemaRegistry,
): Finding {
  const name = `schema ${spec.key}`;
  const { states, lastSequence } = stored.get(spec.key) ?? { states: [], lastSequence: 0 };
  const isDeclared = (document: Schema | undefined): boolean => isDeepStrictEqual(document, spec.document);
  const current = states.at(-1);
  if (isDeclared(current)) return { problems: [] };
  const write = (): Promise<void> => put(connection, spec, lastSequence);
  if (states.some(isDeclared)) {
    const description = `${name} ${current ? 'was altered' : 'was deleted'}, put back as it was registered`;
    return { change: { description, creates: false, drops: [], apply: write }, problems: [] };
  }
  if (states.some((document) => document !== undefined)) {
    const problem = `${name} is registered with other content, and a version never changes: give the new content a version of its own`;
    return { problems: [problem] };
  }
  const problems = registeredBeside(spec, stored, registry.schemas).flatMap((other) => {
    const [earlier, later] = other.version < spec.version ? [other, spec] : [spec, other];
    return incompatibilities(registry.compatibility, earlier.document, later.document).map(
      (reason) => `${name} is not ${registry.compatibility} compatible with version ${other.version}: ${reason}`,
    );
  });
  if (problems.length > 0) return { problems };
  return { change: { description: `${name} registered`, creates: true, drops: [], apply: write }, problems: [] };
}

/** The other versions of the subject that were ever registered: as this release knows them, or else as they are stored. */
function registeredBeside(
  spec: SchemaSpec,
  stored: StoredSchemas,
  known: readonly SchemaSpec[],
): Pick<SchemaSpec, 'version' | 'document'>[] {
  return [...stored.values()].flatMap(({ key, states }) => {
    const version = versionOf(key, spec.subject);
    if (version === undefined || version === spec.version) return [];
    const document =
      known.find((other) => other.key === key)?.document ?? states.findLast((state) => state !== undefined);
    return document ? [{ version, document }] : [];
  });
}

function versionOf(key: string, subject: string): number | undefined {
  if (!key.startsWith(`${subject}.`)) return undefined;
  const version = key.slice(subject.length + 1);
  return /^[1-9]\d*$/.test(version) ? Number(version) : undefined;
}

/** Writes an entry, unless somebody else was faster. */
async function put(connection: NatsConnection, spec: SchemaSpec, lastSubjectSequence: number): Promise<void> {
  const data = encoder.encode(`${JSON.stringify(spec.document, null, 2)}\n`);
  try {
    await jetStream(connection).publish(schemaSubject(spec), data, { expect: { lastSubjectSequence } });
  } catch (error) {
    if (isSuperseded(error)) {
      throw new SupersededError(`schema ${spec.key} has been written by somebody else meanwhile`, { cause: error });
    }
    throw error;
  }
}

function documentOf(message: Parameters<typeof jsonOf>[0]): Schema | undefined {
  try {
    const value = jsonOf<unknown>(message);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Schema) : undefined;
  } catch {
    return undefined;
  }
}

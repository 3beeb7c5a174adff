// Brings the cluster's streams and consumers to what the topology declares.
import { type JetStreamManager, NatsError } from 'nats';
import type { ConsumerSpec, StreamSpec } from '../contract/streams.ts';
import { DirectGetError } from '../runtime/direct-get.ts';
import { FatalError } from '../runtime/errors.ts';
import { type Difference, describe, differences } from './drift.ts';
import { consumerForm, streamForm } from './server-form.ts';

/** JetStream's error codes that matter here. */
const STREAM_NOT_FOUND = 10059;
const CONSUMER_NOT_FOUND = 10014;
/** Without its stream there is no consumer either. */
const NO_CONSUMER = [CONSUMER_NOT_FOUND, STREAM_NOT_FOUND];
const INVALID_CONFIGURATION = 10052;
/** A stream of three replicas, and not yet three servers. */
const NO_SUITABLE_PEERS = 10005;
const BAD_REQUEST = 400;

/** What the topology declares of streams and consumers. */
interface Declared {
  readonly streams: readonly StreamSpec[];
  readonly consumers: readonly ConsumerSpec[];
}

/** A step towards the declared state, with its description for people. */
export interface Change {
  readonly description: string;
  readonly apply: () => Promise<unknown>;
}

/** A declared property can't be brought about; nothing was changed. The message names each with both values. */
export class ImmutableDriftError extends FatalError {
  constructor(problems: readonly string[]) {
    super(
      `what exists can't be changed to what is declared, so nothing was changed:\n${problems.join('\n')}\n` +
        'Declare what exists, or delete the stream or consumer, with what it holds, and run this again.',
    );
  }
}

/**
 * Compares everything first and only then says what is to be done: streams before consumers.
 * @throws {ImmutableDriftError} listing every property that an update can't change
 */
export async function planStreams(manager: JetStreamManager, topology: Declared): Promise<Change[]> {
  const changes: Change[] = [];
  const problems: string[] = [];
  const plan = (
    owner: string,
    actual: object | undefined,
    declared: object,
    create: () => Promise<unknown>,
    update: () => Promise<unknown>,
  ): void => {
    if (!actual) {
      changes.push({ description: `${owner} created`, apply: create });
      return;
    }
    const found: Difference[] = differences(declared, actual);
    if (found.length === 0) return;
    problems.push(
      ...found.filter((difference) => difference.immutable).map((difference) => describe(owner, difference)),
    );
    changes.push({ description: found.map((difference) => describe(owner, difference)).join('; '), apply: update });
  };
  for (const spec of topology.streams) {
    const form = streamForm(spec);
    const actual = await found(STREAM_NOT_FOUND, async () => (await manager.streams.info(spec.name)).config);
    plan(
      `stream ${spec.name}`,
      actual,
      form,
      () => manager.streams.add(form),
      () => manager.streams.update(spec.name, form),
    );
  }
  for (const spec of topology.consumers) {
    const form = consumerForm(spec);
    const actual = await found(NO_CONSUMER, async () => (await manager.consumers.info(spec.stream, spec.name)).config);
    plan(
      `consumer ${spec.stream}/${spec.name}`,
      actual,
      form,
      () => manager.consumers.add(spec.stream, form),
      () => manager.consumers.update(spec.stream, spec.name, form),
    );
  }
  if (problems.length > 0) throw new ImmutableDriftError(problems);
  return changes;
}

/**
 * Asks once for everything that a leader of its own answers for; that something does not exist is an answer.
 * @throws {NatsError} when one of them does not answer
 */
export async function askLeaders(manager: JetStreamManager, { streams, consumers }: Declared): Promise<void> {
  await manager.getAccountInfo();
  await Promise.all([
    ...streams.map(({ name }) => found(STREAM_NOT_FOUND, () => manager.streams.info(name))),
    ...consumers.map(({ stream, name }) => found(NO_CONSUMER, () => manager.consumers.info(stream, name))),
  ]);
}

/** Whether a refusal may pass when the cluster has all its servers and leaders. */
export function mayPass(error: unknown): boolean {
  if (!(error instanceof NatsError)) return error instanceof DirectGetError;
  const refusal = error.api_error;
  if (!refusal) return true;
  if (refusal.err_code === NO_SUITABLE_PEERS) return true;
  return refusal.code !== BAD_REQUEST && refusal.err_code !== INVALID_CONFIGURATION;
}

async function found<T>(missing: number | readonly number[], ask: () => Promise<T>): Promise<T | undefined> {
  try {
    return await ask();
  } catch (error) {
    const code = error instanceof NatsError ? error.api_error?.err_code : undefined;
    if (code !== undefined && [missing].flat().includes(code)) return undefined;
    throw error;
  }
}

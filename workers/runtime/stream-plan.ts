// Brings the cluster's streams and consumers to what the topology declares.
import { type JetStreamManager, NatsError } from 'nats';
import type { ConsumerSpec, StreamSpec } from '../contract/streams.ts';
import { type Difference, describe, differences } from './differences.ts';
import { DirectGetError } from './direct-get.ts';
import { droppedBy } from './dropped.ts';
import { FatalError, SupersededError } from './errors.ts';
import { NO_CONSUMER, STREAM_NOT_FOUND, unlessMissing } from './missing.ts';
import { consumerForm, streamForm } from './server-form.ts';

/** JetStream's error codes that matter here. */
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

/** What is to be done about a stream or consumer that is not as declared. */
export interface StreamChange extends Change {
  /** Whether it is missing, rather than different. */
  readonly creates: boolean;
  /** What the server would drop of what is stored; nothing, most of the time. */
  readonly drops: readonly string[];
}

/** A stream or consumer beside its declaration; without change and problems it is as declared. */
export interface Finding {
  readonly change?: StreamChange;
  /** Differences that no update can mend, in words; while there are any, there is no change. */
  readonly problems: readonly string[];
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
export async function planStreams(
  manager: JetStreamManager,
  { streams, consumers }: Declared,
): Promise<StreamChange[]> {
  const findings: Finding[] = [];
  for (const spec of streams) findings.push(await compareStream(manager, spec));
  for (const spec of consumers) findings.push(await compareConsumer(manager, spec));
  const problems = findings.flatMap((finding) => finding.problems);
  if (problems.length > 0) throw new ImmutableDriftError(problems);
  return findings.flatMap(({ change }) => change ?? []);
}

/** Looks at a stream; changes nothing. */
export async function compareStream(manager: JetStreamManager, spec: StreamSpec): Promise<Finding> {
  const form = streamForm(spec);
  const actual = await unlessMissing([STREAM_NOT_FOUND], () => manager.streams.info(spec.name));
  return compare(`stream ${spec.name}`, form, actual?.config, {
    create: () => manager.streams.add(form),
    update: () => manager.streams.update(spec.name, form),
    drops: (properties) => (actual ? droppedBy(form, properties, actual.state, Date.now()) : []),
  });
}

/** Looks at a consumer; changes nothing. */
export async function compareConsumer(manager: JetStreamManager, spec: ConsumerSpec): Promise<Finding> {
  const form = consumerForm(spec);
  const actual = await unlessMissing(NO_CONSUMER, () => manager.consumers.info(spec.stream, spec.name));
  return compare(`consumer ${spec.stream}/${spec.name}`, form, actual?.config, {
    create: () => manager.consumers.add(spec.stream, form),
    update: () => manager.consumers.update(spec.stream, spec.name, form),
    drops: () => [],
  });
}

function compare(
  owner: string,
  declared: object,
  actual: object | undefined,
  steps: {
    readonly create: () => Promise<unknown>;
    readonly update: () => Promise<unknown>;
    readonly drops: (properties: readonly string[]) => readonly string[];
  },
): Finding {
  if (!actual) {
    return {
      change: { description: `${owner} created`, creates: true, drops: [], apply: steps.create },
      problems: [],
    };
  }
  const all: Difference[] = differences(declared, actual);
  const lasting = all.filter(({ immutable }) => immutable);
  if (lasting.length > 0) return { problems: lasting.map((difference) => describe(owner, difference)) };
  if (all.length === 0) return { problems: [] };
  const description = all.map((difference) => describe(owner, difference)).join('; ');
  const drops = steps.drops(all.map(({ property }) => property));
  return { change: { description, creates: false, drops, apply: steps.update }, problems: [] };
}

/**
 * Asks once for everything that a leader of its own answers for; that something does not exist is an answer.
 * @throws {NatsError} when one of them does not answer
 */
export async function askLeaders(manager: JetStreamManager, { streams, consumers }: Declared): Promise<void> {
  await manager.getAccountInfo();
  await Promise.all([
    ...streams.map(({ name }) => unlessMissing([STREAM_NOT_FOUND], () => manager.streams.info(name))),
    ...consumers.map(({ stream, name }) => unlessMissing(NO_CONSUMER, () => manager.consumers.info(stream, name))),
  ]);
}

/** Whether a refusal may pass: when the cluster has all its servers and leaders, or by looking again at what somebody else has done. */
export function mayPass(error: unknown): boolean {
  if (!(error instanceof NatsError)) return error instanceof DirectGetError || error instanceof SupersededError;
  const refusal = error.api_error;
  if (!refusal) return true;
  if (refusal.err_code === NO_SUITABLE_PEERS) return true;
  return refusal.code !== BAD_REQUEST && refusal.err_code !== INVALID_CONFIGURATION;
}

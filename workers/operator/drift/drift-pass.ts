// One look at all that is declared: what is missing or different is brought back, unless that would delete anything.
import { type JetStreamManager, type NatsConnection, NatsError } from 'nats';
import type { StreamSpec } from '../../contract/streams.ts';
import { FEEDS_STREAM } from '../../contract/subjects.ts';
import type { Topology } from '../../contract/topology.ts';
import { PoisonError, reasonOf, StoppingError } from '../../runtime/errors.ts';
import { nameFeeds } from '../../runtime/feed-plan.ts';
import { compareSchema, readSchemas, type StoredSchemas } from '../../runtime/schema-plan.ts';
import { compareConsumer, compareStream, type Finding, mayPass } from '../../runtime/stream-plan.ts';
import { withinTime } from '../../runtime/time-limit.ts';
import type { DriftReport } from './drift-report.ts';
import type { FeedSweep } from './feed-sweep.ts';
import type { FeedWatch } from './feed-watch.ts';
import {
  consumerTarget,
  describeTarget,
  lostWithConsumer,
  lostWithStream,
  schemaTarget,
  streamTarget,
  type Target,
  whyItStays,
} from './target.ts';

/** What is looked after. */
export type Declared = Pick<Topology, 'streams' | 'consumers' | 'registry' | 'feeds' | 'feedStateKeys'>;

/** What a look needs. */
export interface PassTools {
  readonly connection: NatsConnection;
  readonly manager: JetStreamManager;
  readonly feedWatch: FeedWatch;
  readonly feedSweep: FeedSweep;
  readonly report: DriftReport;
}

/** Longest wait for feeds to be scheduled or removed: if their stream goes away meanwhile, it must be possible to find that out. */
const FEEDS_TIMEOUT_MS = 10_000;

/**
 * Looks at everything: streams, consumers, schemas, schedules. What can't be looked at does not hold up the rest.
 * @param signal aborts when this process leads no more: nothing is written after that
 * @returns why something could not be looked at or repaired now; undefined when everything was
 */
export async function passOnce(tools: PassTools, declared: Declared, signal: AbortSignal): Promise<string | undefined> {
  const { connection, manager, report } = tools;
  const waits: string[] = [];
  const created = new Set<string>();
  const { schemas } = declared.registry;
  report.keepOnly([
    ...declared.streams.map(streamTarget),
    ...declared.consumers.map(consumerTarget),
    ...schemas.map(schemaTarget),
    SCHEDULES,
  ]);

  const repair = async (target: Target, finding: Finding, lost: string | undefined): Promise<boolean> => {
    const { change, problems } = finding;
    if (!change) {
      if (problems.length === 0) report.settled(target);
      else report.unrepairable(target, whyItStays(target, problems));
      return false;
    }
    if (change.drops.length > 0) {
      report.unrepairable(target, `${change.description}: that would delete messages (${change.drops.join('; ')})`);
      return false;
    }
    signal.throwIfAborted();
    try {
      await change.apply();
    } catch (error) {
      if (mayPass(error)) throw error;
      report.unrepairable(target, `${change.description}: JetStream refuses it: ${reasonOf(error)}`);
      return false;
    }
    report.settled(target);
    report.repaired(target, change.creates && lost ? `${change.description}: ${lost}` : change.description);
    return change.creates;
  };
  const attend = async <S>(
    specs: readonly S[],
    targetOf: (spec: S) => Target,
    compare: (spec: S) => Promise<Finding>,
    lostWith: (spec: S) => string | undefined,
    onCreated: (spec: S) => void = () => {},
  ): Promise<void> => {
    const findings = await Promise.allSettled(specs.map(compare));
    for (const [index, spec] of specs.entries()) {
      const target = targetOf(spec);
      try {
        const finding = findings[index] as PromiseSettledResult<Finding>;
        if (finding.status === 'rejected') throw finding.reason;
        if (await repair(target, finding.value, lostWith(spec))) onCreated(spec);
      } catch (error) {
        signal.throwIfAborted();
        if (error instanceof PoisonError) report.unrepairable(target, reasonOf(error));
        else if (isSilence(error)) waits.push(`${describeTarget(target)}: ${reasonOf(error)}`);
        else throw error;
      }
    }
  };

  const streams = new Map(declared.streams.map((spec): [string, StreamSpec] => [spec.name, spec]));
  await attend(
    declared.streams,
    streamTarget,
    (spec) => compareStream(manager, spec),
    lostWithStream,
    ({ name }) => created.add(name),
  );
  await attend(
    declared.consumers,
    consumerTarget,
    (spec) => compareConsumer(manager, spec),
    // With its stream, it says nothing more.
    ({ stream }) => (created.has(stream) ? undefined : lostWithConsumer(streams.get(stream))),
  );
  let stored: Promise<StoredSchemas> | undefined;
  await attend(
    schemas,
    schemaTarget,
    async (spec) => {
      stored ??= readSchemas(connection);
      return compareSchema(connection, await stored, spec, declared.registry);
    },
    () => undefined,
  );
  await attend(
    [declared],
    () => SCHEDULES,
    async (each) => lookAtFeeds(tools, each, created.has(FEEDS_STREAM), signal),
    () => undefined,
  );
  return waits.length > 0 ? summary(waits) : undefined;
}

const SCHEDULES: Target = { kind: 'schedules', name: FEEDS_STREAM };

/** Schedules what has been missing, and removes what belongs to nobody; only when it is done is it known what was needed. */
async function lookAtFeeds(
  { feedWatch, feedSweep, report }: PassTools,
  { feeds, feedStateKeys }: Declared,
  all: boolean,
  signal: AbortSignal,
): Promise<Finding> {
  const within = (work: (limited: AbortSignal) => Promise<string[]>): Promise<string[]> =>
    withinTime(FEEDS_TIMEOUT_MS, signal, work);
  const scheduled = await within((limited) => feedWatch.look(feeds, all, limited));
  if (scheduled.length > 0) report.repaired(SCHEDULES, `${nameFeeds(scheduled)} scheduled: no schedule was left`);
  const removed = await within((limited) => feedSweep.look(feedStateKeys, limited));
  if (removed.length > 0) report.repaired(SCHEDULES, `${nameFeeds(removed)} removed: not declared any more`);
  return { problems: [] };
}

/** Whether an answer is missing or of no use, now; anything else is a bug. */
const isSilence = (error: unknown): boolean =>
  mayPass(error) || error instanceof NatsError || error instanceof StoppingError;

const NAMED = 3;
/** The first few, and how many there are. */
const summary = (waits: readonly string[]): string =>
  waits.length <= NAMED ? waits.join('; ') : `${waits.slice(0, NAMED).join('; ')}; and ${waits.length - NAMED} more`;

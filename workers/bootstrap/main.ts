// Brings the cluster to what the definition declares, once it has a quorum, and ends.
import { type NatsConnection, NatsError } from 'nats';
import type { Topology } from '../contract/topology.ts';
import { readTopology } from '../runtime/definition-file.ts';
import { integer, oneOf, text } from '../runtime/environment.ts';
import { FatalError, reasonOf } from '../runtime/errors.ts';
import { planFeeds } from '../runtime/feed-plan.ts';
import { type JobContext, runJob } from '../runtime/job.ts';
import type { Logger } from '../runtime/log.ts';
import { connectNats, drainNats, jetStream, NATS_OPTIONS, REQUEST_TIMEOUT_MS } from '../runtime/nats.ts';
import { Publisher } from '../runtime/publisher.ts';
import { persist } from '../runtime/retry.ts';
import { planSchemas } from '../runtime/schema-plan.ts';
import { askLeaders, type Change, mayPass, planStreams } from '../runtime/stream-plan.ts';

const OPTIONS = {
  ...NATS_OPTIONS,
  definition: text('DEFINITION'),
  /**
   * What becomes of schedules and states of sources that the definition does not name. `keep` is for where an operator has
   * sources of its own, and removes what belongs to neither.
   */
  unknownSources: oneOf('UNKNOWN_SOURCES', ['remove', 'keep'], { otherwise: 'remove' }),
};

const SPEC = {
  goal: 'everything was as declared',
  /** How long the cluster may take to elect its leaders. */
  deadline: integer('QUORUM_TIMEOUT_MS', 1_000, 3_600_000, { otherwise: 120_000 }),
};

/** Patience with one question while leaders may be missing: what is asked while there is none is never answered. */
const PROBE_TIMEOUT_MS = 1_000;

await runJob(OPTIONS, SPEC, async ({ settings, log, registry, signal, onFailure }) => {
  const topology = await readTopology(settings.definition);
  const election: Election = { signal, log, onFailure };
  let connection: NatsConnection | undefined;
  try {
    connection = await connectNats(settings.worker, settings, log, signal, onFailure);
    const probe = await connection.jetstreamManager({ checkAPI: false, timeout: PROBE_TIMEOUT_MS });
    await whileElecting(election, () => askLeaders(probe, topology));
    const manager = await connection.jetstreamManager({ checkAPI: false, timeout: REQUEST_TIMEOUT_MS });
    const maxBytes = connection.info?.max_payload ?? 1_048_576;
    const publisher = new Publisher(jetStream(connection), { maxBytes, log, registry });
    const tools = { connection, manager, publisher };
    const streams = await whileElecting(election, () => applyAll(log, () => planStreams(manager, topology)));
    const schemas = await whileElecting(election, () =>
      applyAll(log, () => planSchemas(tools.connection, topology.registry)),
    );
    const known = new Set(topology.feedStateKeys.map(sourceOf));
    const isConcerned = (source: string): boolean => settings.unknownSources === 'remove' || known.has(source);
    const planned = () => planFeeds(tools, topology, signal, isConcerned);
    const feeds = await whileElecting(election, () => applyAll(log, planned));
    report(log, topology, streams + schemas + feeds);
  } catch (error) {
    if (error instanceof NatsError) throw new FatalError('JetStream refuses what is declared', { cause: error });
    throw error;
  } finally {
    if (connection) await drainNats(connection, log);
  }
});

function sourceOf(feedStateKey: string): string {
  return feedStateKey.slice(0, feedStateKey.indexOf('.'));
}

/** The wait for leaders. */
type Election = Pick<JobContext<unknown>, 'signal' | 'log' | 'onFailure'>;

/** Tries again while leaders are being elected; every step is safe to repeat. */
function whileElecting<T>(election: Election, work: () => Promise<T>): Promise<T> {
  return persist(work, {
    signal: election.signal,
    maxDelayMs: 1_000,
    retryable: mayPass,
    onFailure: (error, attempts) => {
      election.onFailure(error);
      election.log.info({ attempts, reason: reasonOf(error) }, 'the cluster is not ready');
    },
  });
}

async function applyAll(log: Logger, plan: () => Promise<Change[]>): Promise<number> {
  const changes = await plan();
  for (const { description, apply } of changes) {
    try {
      await apply();
    } catch (error) {
      log.warn({ change: description, reason: reasonOf(error) }, 'a change failed');
      throw error;
    }
    log.info(description);
  }
  return changes.length;
}

function report(log: Logger, { streams, consumers, registry, feeds }: Topology, changes: number): void {
  const declared = {
    streams: streams.length,
    consumers: consumers.length,
    schemas: registry.schemas.length,
    feeds: feeds.length,
  };
  if (changes === 0) log.info(declared, 'nothing to change: everything is as declared');
  else log.info({ ...declared, changes }, 'everything is as declared now');
}

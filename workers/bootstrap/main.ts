// Brings the cluster to what the definition declares, once it has a quorum, and ends.
import { readFile } from 'node:fs/promises';
import { parseDefinition } from '../contract/parse-definition.ts';
import { computeTopology, type Topology } from '../contract/topology.ts';
import { integer, text } from '../runtime/environment.ts';
import { FatalError, reasonOf } from '../runtime/errors.ts';
import type { Logger } from '../runtime/log.ts';
import { connectNats, drainNats, jetStream, REQUEST_TIMEOUT_MS } from '../runtime/nats.ts';
import { runProcess } from '../runtime/process.ts';
import { Publisher } from '../runtime/publisher.ts';
import { persist } from '../runtime/retry.ts';
import { planFeeds } from './feeds.ts';
import { type Change, planStreams } from './streams.ts';

const OPTIONS = {
  definition: text('DEFINITION'),
  /** How long the cluster may take to elect its leaders. */
  quorumTimeoutMs: integer('QUORUM_TIMEOUT_MS', 1_000, 3_600_000, { otherwise: 120_000 }),
};

await runProcess(OPTIONS, async ({ settings, log, registry, stop }) => {
  const topology = await readTopology(settings.definition);
  const connection = await connectNats(settings.worker, settings, log);
  const manager = await connection.jetstreamManager({ checkAPI: false, timeout: REQUEST_TIMEOUT_MS });
  const maxBytes = connection.info?.max_payload ?? 1_048_576;
  const publisher = new Publisher(jetStream(connection), { maxBytes, log, registry });
  const signal = AbortSignal.any([stop.stopping, AbortSignal.timeout(settings.quorumTimeoutMs)]);
  const attempt = { signal, log };
  try {
    const streams = await whileElecting(attempt, () => applyAll(log, () => planStreams(manager, topology)));
    const feeds = await whileElecting(attempt, () =>
      applyAll(log, () => planFeeds({ connection, manager, publisher }, topology.feeds, signal)),
    );
    report(log, topology, streams + feeds);
  } catch (error) {
    if (signal.aborted && !stop.stopping.aborted) {
      throw new FatalError(`the cluster had no quorum within ${settings.quorumTimeoutMs} ms`, { cause: error });
    }
    throw error;
  } finally {
    await drainNats(connection, log);
  }
});

async function readTopology(file: string): Promise<Topology> {
  try {
    return computeTopology(parseDefinition(await readFile(file, 'utf8'), file));
  } catch (error) {
    throw new FatalError(`can't use the definition ${file}`, { cause: error });
  }
}

/** Tries again while leaders are being elected; every step is safe to repeat. */
function whileElecting<T>({ signal, log }: { signal: AbortSignal; log: Logger }, work: () => Promise<T>): Promise<T> {
  return persist(work, {
    signal,
    maxDelayMs: 2_000,
    onFailure: (error, attempts) => log.info({ attempts, reason: reasonOf(error) }, 'the cluster is not ready'),
  });
}

async function applyAll(log: Logger, plan: () => Promise<Change[]>): Promise<number> {
  const changes = await plan();
  for (const change of changes) {
    await change.apply();
    log.info(change.description);
  }
  return changes.length;
}

function report(log: Logger, { streams, consumers, feeds }: Topology, changes: number): void {
  const declared = { streams: streams.length, consumers: consumers.length, feeds: feeds.length };
  if (changes === 0) log.info(declared, 'nothing to change: everything is as declared');
  else log.info({ ...declared, changes }, 'everything is as declared now');
}

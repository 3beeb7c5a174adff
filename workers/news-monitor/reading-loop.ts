// Reads what the board and the metrics show beside the news, over and over until the process stops.
import type { JetStreamManager, NatsConnection } from 'nats';
import { reasonOf, StoppingError } from '../runtime/errors.ts';
import type { Logger } from '../runtime/log.ts';
import { pause } from '../runtime/retry.ts';
import { type Board, DEAD_LETTERS_KEPT } from './board.ts';
import { DeadLetterReadings } from './dead-letter-readings.ts';
import { FeedReadings } from './feed-readings.ts';
import type { Gauges } from './gauges.ts';
import { STEP_SECONDS } from './history.ts';
import { LagReadings } from './lag-readings.ts';
import { readConsumers } from './readings.ts';
import { readReplicas } from './replica-readings.ts';
import { type Declared, watch } from './watched.ts';

const INTERVAL_MS = 1_000;
/** Of what every server is asked for, or is much to write down. */
const SLOW_INTERVAL_MS = 5_000;
/** Feeds that have metrics of their own; those that fail come first. */
export const FEEDS_MEASURED = 1_000;

/** What the readings are made with, and where they go. */
export interface ReadingTools {
  readonly connection: NatsConnection;
  readonly manager: JetStreamManager;
  readonly declared: Declared;
  /** Servers of the cluster. */
  readonly servers: number;
  readonly board: Board;
  readonly gauges: Gauges;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

/** Keeps all readings going, each at its own pace: one that waits for an answer holds up no other. */
export async function keepReading(tools: ReadingTools): Promise<void> {
  const { connection, manager, declared, board, gauges, log } = tools;
  const onUnreadable = (key: string, reason: string): void => log.warn({ key, reason }, 'a feed’s state can’t be read');
  const feeds = new FeedReadings(connection, { onUnreadable });
  const deadLetters = new DeadLetterReadings(connection, manager, DEAD_LETTERS_KEPT);
  const lags = new LagReadings(connection);
  let { consumers } = watch(declared, []);
  await Promise.all([
    repeat('consumers', tools, async () => {
      const read = await readConsumers(manager, lags, consumers);
      board.recordConsumers(read, new Date());
      gauges.setConsumers(read);
    }),
    repeat('feeds', tools, async () => {
      await feeds.read(board);
      const watched = watch(declared, board.foundSources());
      ({ consumers } = watched);
      board.recordFlow(watched.flow);
      gauges.setFeeds(board.sources().sources);
    }),
    repeat('dead letters', tools, async () => gauges.setDeadLetters(await deadLetters.read(board))),
    repeat(
      'replicas',
      tools,
      async () => {
        const replicas = await readReplicas(connection, tools.servers);
        board.recordReplicas(replicas);
        gauges.setReplicas(replicas);
      },
      SLOW_INTERVAL_MS,
    ),
    repeat(
      'metrics of feeds',
      tools,
      async () => gauges.setFeedStates(board.feedStates(FEEDS_MEASURED)),
      SLOW_INTERVAL_MS,
    ),
    keepHistory(tools),
  ]);
}

/** Repeats a reading; the log tells of the first failure in a row and of the recovery, not of each second in between. */
async function repeat(
  what: string,
  { log, signal }: ReadingTools,
  read: () => Promise<void>,
  intervalMs = INTERVAL_MS,
): Promise<void> {
  let failing = false;
  while (!signal.aborted) {
    try {
      await read();
      if (failing) log.info({ what }, 'can be read again');
      failing = false;
    } catch (error) {
      if (!failing && !signal.aborted) log.warn({ what, reason: reasonOf(error) }, 'can’t be read');
      failing = true;
    }
    await waitOrStop(intervalMs, signal);
  }
}

/** Points are taken at full steps of the clock, however long the one before took. */
async function keepHistory({ board, signal }: ReadingTools): Promise<void> {
  const stepMs = STEP_SECONDS * 1_000;
  for (;;) {
    await waitOrStop(stepMs - (Date.now() % stepMs), signal);
    if (signal.aborted) return;
    board.recordPoint(new Date());
  }
}

const waitOrStop = (milliseconds: number, signal: AbortSignal): Promise<void> =>
  pause(milliseconds, signal).catch((error) => {
    if (!(error instanceof StoppingError)) throw error;
  });

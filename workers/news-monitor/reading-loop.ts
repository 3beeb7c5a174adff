// Reads what the board and the metrics show beside the news, over and over until the process stops.
import type { JetStreamManager, NatsConnection } from 'nats';
import { reasonOf, StoppingError } from '../runtime/errors.ts';
import type { Logger } from '../runtime/log.ts';
import { pause } from '../runtime/retry.ts';
import { type Board, DEAD_LETTERS_KEPT } from './board.ts';
import { DeadLetterReadings } from './dead-letter-readings.ts';
import { FeedReadings } from './feed-readings.ts';
import type { Gauges } from './gauges.ts';
import type { WatchedConsumer } from './options.ts';
import { readConsumers } from './readings.ts';

const INTERVAL_MS = 1_000;

/** What the readings are made with, and where they go. */
export interface ReadingTools {
  readonly connection: NatsConnection;
  readonly manager: JetStreamManager;
  readonly consumers: readonly WatchedConsumer[];
  readonly board: Board;
  readonly gauges: Gauges;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

/** Keeps all readings going, each at its own pace: one that waits for an answer holds up no other. */
export async function keepReading(tools: ReadingTools): Promise<void> {
  const { connection, manager, consumers, board, gauges, log } = tools;
  const onUnreadable = (key: string, reason: string): void => log.warn({ key, reason }, 'a feed’s state can’t be read');
  const feeds = new FeedReadings(connection, { onUnreadable });
  const deadLetters = new DeadLetterReadings(connection, manager, DEAD_LETTERS_KEPT);
  await Promise.all([
    repeat('consumers', tools, async () => {
      const read = await readConsumers(manager, consumers);
      board.recordConsumers(read, new Date());
      gauges.setConsumers(read);
    }),
    repeat('feeds', tools, async () => {
      await feeds.read(board);
      gauges.setFeeds(board.sources().sources);
    }),
    repeat('dead letters', tools, async () => gauges.setDeadLetters(await deadLetters.read(board))),
  ]);
}

/** Repeats a reading; the log tells of the first failure in a row and of the recovery, not of each second in between. */
async function repeat(what: string, { log, signal }: ReadingTools, read: () => Promise<void>): Promise<void> {
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
    await pause(INTERVAL_MS, signal).catch((error) => {
      if (!(error instanceof StoppingError)) throw error;
    });
  }
}

// Measures the pipeline and shows it live: NEWS.processed, consumers, feeds and the DLQ -> /metrics and the page.
import type { JetStreamManager, NatsConnection } from 'nats';
import { list, text } from '../runtime/environment.ts';
import { FatalError, reasonOf, StoppingError } from '../runtime/errors.ts';
import type { Logger } from '../runtime/log.ts';
import { connectNats, drainNats, REQUEST_TIMEOUT_MS } from '../runtime/nats.ts';
import { runProcess } from '../runtime/process.ts';
import { pause } from '../runtime/retry.ts';
import { loadAssets } from './assets.ts';
import { Board, DEAD_LETTERS_KEPT } from './board.ts';
import { Gauges } from './gauges.ts';
import { followProcessedNews } from './processed-news.ts';
import { DeadLetterReadings, FeedReadings, readConsumers } from './readings.ts';
import { startServer } from './server.ts';

const OPTIONS = {
  consumer: text('CONSUMER'),
  /** The consumers to watch, each `<stream>/<consumer>`. */
  consumers: list('CONSUMERS'),
  /** The sources there are, each `<source>=<number of feeds>`. */
  sources: list('SOURCES'),
  /** What the database is, for people. */
  database: text('DATABASE', { otherwise: 'MongoDB' }),
} as const;

const READING_INTERVAL_MS = 1_000;

await runProcess(OPTIONS, async ({ settings, log, registry, stop }) => {
  const connection = await connectNats(settings.worker, settings, log);
  const board = new Board({ database: settings.database, sources: settings.sources.map(parseSource) });
  const server = await startServer({
    host: settings.httpHost,
    port: settings.httpPort,
    board,
    assets: await loadAssets(import.meta.url),
    registry,
    health: () => (connection.isClosed() ? { ok: false, reason: 'not connected to NATS' } : { ok: true }),
    onError: (error) => log.error({ reason: reasonOf(error) }, 'a request failed'),
  }).catch((error) => {
    throw new FatalError('the page can’t be served', { cause: error });
  });
  log.info({ url: server.url }, 'serving the page');
  try {
    const manager = await connection.jetstreamManager({ checkAPI: false, timeout: REQUEST_TIMEOUT_MS });
    const signal = stop.stopping;
    const { consumer } = settings;
    await Promise.all([
      followProcessedNews({ connection, consumer, board, log, registry, signal }),
      keepReading({
        connection,
        manager,
        board,
        gauges: new Gauges(registry),
        consumers: settings.consumers,
        log,
        signal,
      }),
    ]);
  } finally {
    await server.close();
    await drainNats(connection, log);
  }
});

async function keepReading(tools: {
  readonly connection: NatsConnection;
  readonly manager: JetStreamManager;
  readonly board: Board;
  readonly gauges: Gauges;
  readonly consumers: readonly string[];
  readonly log: Logger;
  readonly signal: AbortSignal;
}): Promise<void> {
  const { connection, manager, board, gauges, log, signal } = tools;
  const consumers = tools.consumers.map(parseConsumer);
  const feeds = new FeedReadings(connection);
  const deadLetters = new DeadLetterReadings(connection, manager, DEAD_LETTERS_KEPT);
  const readings = [
    async () => {
      const read = await readConsumers(manager, consumers);
      board.recordConsumers(read, new Date());
      gauges.setConsumers(read);
    },
    async () => {
      await feeds.read(board);
      gauges.setFeeds(board.sources().sources);
    },
    async () => gauges.setDeadLetters(await deadLetters.read(board)),
  ];
  while (!signal.aborted) {
    for (const result of await Promise.allSettled(readings.map((read) => read()))) {
      if (result.status === 'rejected' && !signal.aborted)
        log.warn({ reason: reasonOf(result.reason) }, 'a reading failed');
    }
    await pause(READING_INTERVAL_MS, signal).catch((error) => {
      if (!(error instanceof StoppingError)) throw error;
    });
  }
}

function parseConsumer(text: string): { stream: string; consumer: string } {
  const [stream, consumer] = text.split('/');
  if (!stream || !consumer) throw new FatalError(`CONSUMERS has ${JSON.stringify(text)}; expected <stream>/<consumer>`);
  return { stream, consumer };
}

function parseSource(text: string): { source: string; feeds: number } {
  const [source, feeds] = text.split('=');
  if (!source || !Number.isInteger(Number(feeds))) {
    throw new FatalError(`SOURCES has ${JSON.stringify(text)}; expected <source>=<number of feeds>`);
  }
  return { source, feeds: Number(feeds) };
}

// Measures the pipeline and shows it live: NEWS.processed, consumers, feeds and the DLQ -> /metrics and the page.
import { FatalError, reasonOf } from '../runtime/errors.ts';
import { connectNats, drainNats, REQUEST_TIMEOUT_MS } from '../runtime/nats.ts';
import { runProcess } from '../runtime/process.ts';
import { loadAssets } from './assets.ts';
import { Board } from './board.ts';
import { Gauges } from './gauges.ts';
import { NewsReader } from './news-reader.ts';
import { MONITOR_OPTIONS } from './options.ts';
import { followProcessedNews } from './processed-news.ts';
import { keepReading } from './reading-loop.ts';
import { startServer } from './server.ts';
import { watch } from './watched.ts';

await runProcess(MONITOR_OPTIONS, async ({ settings, log, registry, stop }) => {
  const connection = await connectNats(settings.worker, settings, log, stop.stopping);
  const board = new Board({
    database: settings.database,
    sources: settings.sources,
    flow: watch(settings, []).flow,
    newsApi: settings.readerUrl !== null,
    replayCommand: settings.replayCommand,
  });
  const reader =
    settings.readerUrl &&
    new NewsReader(settings.readerUrl, {
      onFailure: (reason) => log.warn({ reason }, 'a question about stored news was not answered'),
    });
  const server = await startServer({
    host: settings.httpHost,
    port: settings.httpPort,
    board,
    assets: await loadAssets(import.meta.url),
    registry,
    ...(reader ? { reader } : {}),
    health: () => (connection.isClosed() ? { ok: false, reason: 'not connected to NATS' } : { ok: true }),
    onError: (error) => log.error({ reason: reasonOf(error) }, 'a request failed'),
  }).catch((error) => {
    throw new FatalError('the page can’t be served', { cause: error });
  });
  log.info({ url: server.url }, 'serving the page');
  try {
    const manager = await connection.jetstreamManager({ checkAPI: false, timeout: REQUEST_TIMEOUT_MS });
    const signal = stop.stopping;
    const { consumer, servers } = settings;
    const gauges = new Gauges(registry);
    await Promise.all([
      followProcessedNews({ connection, consumer, board, log, registry, signal }),
      keepReading({ connection, manager, declared: settings, servers, board, gauges, log, signal }),
    ]);
  } finally {
    await server.close();
    reader?.close();
    await drainNats(connection, log);
  }
});

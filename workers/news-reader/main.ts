// Answers questions about stored news: MongoDB -> the JSON API and feeds. It may read the database, and knows nothing of NATS.
import { once } from 'node:events';
import { FatalError, reasonOf } from '../runtime/errors.ts';
import { connectMongo, followCertificates } from '../runtime/mongo.ts';
import { runTask } from '../runtime/process.ts';
import { NewsArchive } from './news-archive.ts';
import { READER_OPTIONS } from './options.ts';
import { startServer } from './server.ts';

await runTask(READER_OPTIONS, async ({ settings, log, registry, stop }) => {
  const { httpHost: host, httpPort: port, mongoUri, mongoDatabase, worker, publicUrl } = settings;
  const archive = new NewsArchive();
  let certificateFailure = (): Error | undefined => undefined;
  let fail = (_: FatalError): void => {};
  const failure = new Promise<never>((_, reject) => {
    fail = reject;
  });
  // Only another process reads the files of its certificates again.
  const onAway = (): void => {
    const cause = certificateFailure();
    if (cause) fail(new FatalError('the database’s certificate and the files read at the start do not fit', { cause }));
  };
  const server = await startServer({ host, port, archive, publicUrl, registry, log, onAway });
  log.info({ url: server.url }, 'serving news');
  try {
    const { client } = await connectMongo(mongoUri, worker, (made) => archive.open(made.db(mongoDatabase)), {
      signal: stop.stopping,
      onFailure: (error, attempts) => log.warn({ attempts, reason: reasonOf(error) }, 'waiting for the database'),
    });
    try {
      certificateFailure = followCertificates(client);
      log.info({ database: mongoDatabase }, 'reading the database');
      if (!stop.stopping.aborted) await Promise.race([failure, once(stop.stopping, 'abort')]);
    } finally {
      // What is being answered still needs it.
      await server.close();
      await client.close();
    }
  } finally {
    await server.close();
  }
});

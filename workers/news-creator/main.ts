// Stores each news item once and republishes it: NEWS.received -> MongoDB -> NEWS.processed.
import type { Db } from 'mongodb';
import { reasonOf } from '../runtime/errors.ts';
import { connectMongo, followCertificates, MONGO_OPTIONS } from '../runtime/mongo.ts';
import { eachBatch } from '../runtime/work.ts';
import { runWorker } from '../runtime/worker.ts';
import { Creation } from './creation.ts';
import { NewsStore } from './news-store.ts';

/** While one batch is being written, the one before is being published. */
const CONCURRENT_BATCHES = 2;

await runWorker(MONGO_OPTIONS, async (context) => {
  const { settings, log, registry, intake, publisher, spans, stop, work, waitingFor } = context;
  waitingFor('the database');
  const { mongoUri, mongoDatabase, worker } = settings;
  const open = async (database: Pick<Db, 'collection'>): Promise<NewsStore> => {
    const store = new NewsStore(database.collection('news'));
    await store.prepare();
    return store;
  };
  const { client, prepared: store } = await connectMongo(mongoUri, worker, (made) => open(made.db(mongoDatabase)), {
    signal: stop.stopping,
    onFailure: (error, attempts) => {
      const reason = reasonOf(error);
      waitingFor(`the database: ${reason}`);
      log.warn({ attempts, reason }, 'waiting for the database');
    },
  });
  try {
    waitingFor(undefined);
    const certificateFailure = followCertificates(client);
    const tools = { store, publisher, intake, log, registry, spans, certificateFailure, signal: stop.abandoning };
    const creation = new Creation(tools);
    const options = { ...work, batch: settings.batch, concurrency: CONCURRENT_BATCHES };
    await eachBatch(intake, options, (deliveries) => creation.process(deliveries));
  } finally {
    await client.close();
  }
});

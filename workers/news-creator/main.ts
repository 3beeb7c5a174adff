// Stores each news item once and republishes it: NEWS.received -> MongoDB -> NEWS.processed.
import { reasonOf } from '../runtime/errors.ts';
import { createMongoClient, MONGO_OPTIONS } from '../runtime/mongo.ts';
import { persist } from '../runtime/retry.ts';
import { eachBatch } from '../runtime/work.ts';
import { runWorker } from '../runtime/worker.ts';
import { Creation } from './creation.ts';
import { NewsStore } from './news-store.ts';

/** While one batch is being written, the one before is being published. */
const CONCURRENT_BATCHES = 2;

await runWorker(MONGO_OPTIONS, async (context) => {
  const { settings, log, registry, intake, publisher, stop, work, waitingFor } = context;
  const client = createMongoClient(settings.mongoUri, settings.worker);
  try {
    const store = new NewsStore(client.db(settings.mongoDatabase).collection('news'));
    waitingFor('the database');
    const prepare = async (): Promise<void> => {
      await client.connect();
      await store.prepare();
    };
    await persist(prepare, {
      signal: stop.stopping,
      onFailure: (error, attempts) => {
        const reason = reasonOf(error);
        waitingFor(`the database: ${reason}`);
        log.warn({ attempts, reason }, 'waiting for the database');
      },
    });
    waitingFor(undefined);
    const creation = new Creation({ store, publisher, intake, log, registry, signal: stop.abandoning });
    const options = { ...work, batch: settings.batch, concurrency: CONCURRENT_BATCHES };
    await eachBatch(intake, options, (deliveries) => creation.process(deliveries));
  } finally {
    await client.close();
  }
});

// Fetches feeds when they are due and publishes raw documents: FEEDS.due.<source>.* -> SOURCES.<source>.
import { flag, integer, text } from '../runtime/environment.ts';
import { jetStream } from '../runtime/nats.ts';
import { eachMessage } from '../runtime/work.ts';
import { runWorker } from '../runtime/worker.ts';
import { FeedStates } from './feed-states.ts';
import { DEFAULT_USER_AGENT, Fetcher } from './fetch.ts';
import { Polling } from './poll.ts';

const OPTIONS = {
  source: text('SOURCE'),
  allowPrivateAddresses: flag('ALLOW_PRIVATE_ADDRESSES', { otherwise: false }),
  maxBytes: integer('MAX_DOCUMENT_BYTES', 1_000, 10_000_000, { otherwise: 10_000_000 }),
  userAgent: text('USER_AGENT', { otherwise: DEFAULT_USER_AGENT }),
  /** Where the built-in feeds are; empty when there is no newsroom. */
  newsroomUrl: text('NEWSROOM_URL', { otherwise: '' }),
} as const;

await runWorker(OPTIONS, async ({ settings, log, registry, connection, intake, publisher, spans, stop, work }) => {
  const { source, allowPrivateAddresses, maxBytes, userAgent } = settings;
  const newsroomUrl = settings.newsroomUrl || null;
  const fetcher = new Fetcher({ allowPrivateAddresses, maxBytes, userAgent, newsroomUrl });
  try {
    const states = await FeedStates.open(jetStream(connection), log);
    const polling = new Polling({ source, fetcher, states, publisher, log, registry, spans, signal: stop.abandoning });
    await eachMessage(intake, { ...work, concurrency: settings.batch }, (delivery) => polling.poll(delivery));
  } finally {
    await fetcher.close();
  }
});

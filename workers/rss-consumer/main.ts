// Turns raw documents into news items: SOURCES.<source> -> NEWS.received.
import { IDENTITY_RULES } from '../contract/definition.ts';
import { oneOf, text } from '../runtime/environment.ts';
import { eachMessage } from '../runtime/work.ts';
import { runWorker } from '../runtime/worker.ts';
import { Cleaning } from './cleaning.ts';

const OPTIONS = {
  source: text('SOURCE'),
  identity: oneOf('IDENTITY_RULE', IDENTITY_RULES, { otherwise: 'title' }),
} as const;

/** Reading a document keeps the processor busy; a second one at hand fills the wait for JetStream's confirmations. */
const CONCURRENT_DOCUMENTS = 2;

await runWorker(OPTIONS, async ({ settings, log, registry, intake, publisher, spans, stop, work }) => {
  const { source, identity } = settings;
  const cleaning = new Cleaning({ source, identity, publisher, log, registry, spans, signal: stop.abandoning });
  await eachMessage(intake, { ...work, concurrency: CONCURRENT_DOCUMENTS }, ({ message }) => cleaning.clean(message));
});

// Turns raw posts of X into news items: SOURCES.<source> -> NEWS.received.
import { IDENTITY_RULES } from '../contract/definition.ts';
import { oneOf, text } from '../runtime/environment.ts';
import { eachMessage } from '../runtime/work.ts';
import { runWorker } from '../runtime/worker.ts';
import { Mapping } from './mapping.ts';

const OPTIONS = {
  source: text('SOURCE'),
  identity: oneOf('IDENTITY_RULE', IDENTITY_RULES, { otherwise: 'title' }),
} as const;

await runWorker(OPTIONS, async ({ settings, log, registry, intake, publisher, spans, stop, work }) => {
  const { source, identity, batch } = settings;
  const mapping = new Mapping({ source, identity, publisher, log, registry, spans, signal: stop.abandoning });
  // A post is one small item: what takes time is the wait for its confirmation, which many can share.
  await eachMessage(intake, { ...work, concurrency: batch }, ({ message }) => mapping.map(message));
});

// A worker for tests of the process around it: each message says what is to be done with it.
import { integer, text } from '../environment.ts';
import { FatalError, StoppingError } from '../errors.ts';
import { eachMessage } from '../work.ts';
import { runWorker } from '../worker.ts';

const OPTIONS = {
  concurrency: integer('CONCURRENCY', 1, 10, { otherwise: 1 }),
  password: text('PASSWORD', { secret: true, otherwise: 'none' }),
};

await runWorker(OPTIONS, async ({ settings, intake, work, log, stop, connection }) => {
  await eachMessage(intake, { ...work, concurrency: settings.concurrency }, async ({ message }) => {
    const task = message.string();
    log.info({ task }, 'working');
    switch (task) {
      case 'fatal':
        throw new FatalError('the sample is broken', { cause: new Error('in its middle') });
      case 'until-stopped':
        return untilAborted(stop.stopping);
      case 'until-abandoned':
        await untilAborted(stop.abandoning);
        throw new StoppingError();
      case 'for-ever':
        return new Promise(() => {});
      case 'close':
        return connection.close();
    }
  });
});

function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}

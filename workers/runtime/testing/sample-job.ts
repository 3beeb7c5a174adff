// A job for tests of the process around it: its setting says what becomes of it.
import { integer, oneOf } from '../environment.ts';
import { FatalError } from '../errors.ts';
import { runJob } from '../job.ts';
import { persist } from '../retry.ts';

const OPTIONS = { fate: oneOf('FATE', ['done', 'late', 'refused', 'waiting', 'silent']) };
const SPEC = {
  goal: 'the sample was done',
  deadline: integer('SAMPLE_TIMEOUT_MS', 1, 60_000, { otherwise: 60_000 }),
};

await runJob(OPTIONS, SPEC, async ({ settings, log, signal, onFailure }) => {
  switch (settings.fate) {
    case 'done':
      return;
    case 'late':
      // Waiting for a signal alone does not keep a process alive.
      setInterval(() => {}, 1_000);
      log.info('working');
      return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
    case 'refused':
      onFailure(new Error('something that passed'));
      throw new FatalError('the sample is refused');
    default: {
      log.info('working');
      const onEach = settings.fate === 'waiting' ? onFailure : () => {};
      const attempt = (count: number): Promise<never> => Promise.reject(new Error(`nobody is there (${count > 0})`));
      await persist(attempt, { signal, onFailure: onEach, maxDelayMs: 10, firstDelayMs: 10 });
    }
  }
});

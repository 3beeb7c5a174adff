// replay: puts dead letters back where they came from, after what kept them from being processed was mended, and ends.
import { integer, integers, text } from '../runtime/environment.ts';
import { FatalError } from '../runtime/errors.ts';
import { runJob } from '../runtime/job.ts';
import { connectNats, drainNats, jetStream, NATS_OPTIONS, REQUEST_TIMEOUT_MS } from '../runtime/nats.ts';
import { Replay } from './replay.ts';

const OPTIONS = {
  ...NATS_OPTIONS,
  /** Which dead letters, by their sequences in the stream DLQ. */
  sequences: integers('SEQUENCE', 1, Number.MAX_SAFE_INTEGER, { otherwise: [] }),
  /** Or all those that this consumer could not process. */
  consumer: text('CONSUMER', { otherwise: '' }),
};

const SPEC = {
  goal: 'everything was put back',
  /** A stream that is full takes no more for a while. */
  deadline: integer('TIMEOUT_MS', 1_000, 3_600_000, { otherwise: 600_000 }),
};

await runJob(OPTIONS, SPEC, async ({ settings, log, signal, onFailure }) => {
  const { sequences, consumer } = settings;
  if (sequences.length > 0 === (consumer !== '')) {
    throw new FatalError('say what to replay: either SEQUENCE=12,13 (in the stream DLQ) or CONSUMER=news-creator');
  }
  const connection = await connectNats(settings.worker, settings, log, signal, onFailure);
  try {
    const manager = await connection.jetstreamManager({ checkAPI: false, timeout: REQUEST_TIMEOUT_MS });
    const replay = new Replay({ connection, client: jetStream(connection), manager, log, signal });
    const { replayed, left } = consumer ? await replay.ofConsumer(consumer) : await replay.bySequence(sequences);
    if (left.length > 0) {
      throw new FatalError(`${replayed} replayed, ${left.length} not: ${left.slice(0, 20).join('; ')}`);
    }
    log.info({ replayed }, replayed === 0 ? 'there was nothing to replay' : 'replayed');
  } finally {
    await drainNats(connection, log);
  }
});

// Measures the servers and JetStream on them, over the system account: what each server says of itself -> /metrics.
import { ACCOUNT_NAMES } from '../contract/permissions.ts';
import { integer, text } from '../runtime/environment.ts';
import { reasonOf, StoppingError } from '../runtime/errors.ts';
import { pause } from '../runtime/retry.ts';
import { runConnectedWorker } from '../runtime/worker.ts';
import { Exposition } from './exposition.ts';
import { surveyServers } from './survey.ts';

const OPTIONS = {
  /** Servers that the cluster has. */
  servers: integer('SERVERS', 1, 1_000),
  /** The pipeline's account, as the servers' configuration names it. */
  account: text('ACCOUNT', { otherwise: ACCOUNT_NAMES.newsjet }),
  /** Time between two surveys; a scrape tells of the latest. */
  intervalMs: integer('SURVEY_INTERVAL_MS', 100, 600_000, { otherwise: 5_000 }),
  /** How long a survey waits for a server. */
  timeoutMs: integer('SURVEY_TIMEOUT_MS', 100, 60_000, { otherwise: 2_000 }),
} as const;

await runConnectedWorker(OPTIONS, async ({ settings, connection, registry, log, stop, waitingFor }) => {
  const exposition = new Exposition(registry, settings.servers);
  waitingFor('a first survey of the servers');
  let failing = false;
  while (!stop.stopping.aborted) {
    const startedMs = performance.now();
    try {
      const survey = await surveyServers(connection, settings);
      exposition.record(survey, (performance.now() - startedMs) / 1_000);
      waitingFor(undefined);
      if (failing) log.info('the servers answer again');
      failing = false;
    } catch (error) {
      exposition.recordFailure();
      // Once a row: the metrics tell of each.
      if (!failing) log.warn({ reason: reasonOf(error) }, 'the servers can’t be surveyed');
      failing = true;
    }
    await pause(settings.intervalMs, stop.stopping).catch((error) => {
      if (!(error instanceof StoppingError)) throw error;
    });
  }
});

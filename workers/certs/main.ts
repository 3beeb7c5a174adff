// certs: creates the Secrets that the manifests mount and nobody types, where they are missing, and ends.
import { CoreV1Api } from '@kubernetes/client-node';
import { integer, text } from '../runtime/environment.ts';
import { FatalError, StoppingError } from '../runtime/errors.ts';
import { connectKubernetes } from '../runtime/kubernetes.ts';
import { runTask } from '../runtime/process.ts';
import { ApiSecretStore } from './api-secret-store.ts';
import { readPlan } from './plan.ts';
import { reconcile } from './reconcile.ts';

const OPTIONS = {
  namespace: text('NAMESPACE'),
  /** Path of the plan. */
  plan: text('PLAN'),
  /** How long the API server may be away, in all. */
  timeoutMs: integer('TIMEOUT_MS', 1_000, 3_600_000, { otherwise: 300_000 }),
};

await runTask(OPTIONS, async ({ settings, log, stop }) => {
  const { namespace, timeoutMs } = settings;
  const plan = await readPlan(settings.plan);
  const api = connectKubernetes().makeApiClient(CoreV1Api);
  const signal = AbortSignal.any([stop.stopping, AbortSignal.timeout(timeoutMs)]);
  let lastFailure: unknown;
  const onFailure = (error: unknown): void => {
    lastFailure = error;
  };
  const store = new ApiSecretStore({ api, namespace, log, signal, onFailure });
  try {
    const outcome = await reconcile(plan, { store, log, now: new Date() });
    log.info({ namespace, ...outcome }, 'every Secret of the plan is there');
  } catch (error) {
    if (!(error instanceof StoppingError)) throw error;
    // Not a good end: a Job whose pod ends well counts as done, and is never run again.
    if (stop.stopping.aborted) throw new FatalError('told to stop before every Secret was there');
    throw new FatalError(`not done within ${timeoutMs} ms (TIMEOUT_MS)`, { cause: lastFailure });
  }
});

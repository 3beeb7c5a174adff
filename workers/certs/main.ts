// certs: creates the Secrets that the manifests mount and nobody types, where they are missing, and ends.
import { CoreV1Api } from '@kubernetes/client-node';
import { integer, text } from '../runtime/environment.ts';
import { runJob } from '../runtime/job.ts';
import { connectKubernetes } from '../runtime/kubernetes.ts';
import { readSecretPlan } from '../runtime/secret-plan.ts';
import { ApiSecretStore } from './api-secret-store.ts';
import { reconcile } from './reconcile.ts';

const OPTIONS = {
  namespace: text('NAMESPACE'),
  /** Path of the plan. */
  plan: text('PLAN'),
};

const SPEC = {
  goal: 'every Secret was there',
  deadline: integer('TIMEOUT_MS', 1_000, 3_600_000, { otherwise: 300_000 }),
};

await runJob(OPTIONS, SPEC, async ({ settings, log, signal, onFailure }) => {
  const { namespace } = settings;
  const plan = await readSecretPlan(settings.plan);
  const api = connectKubernetes().makeApiClient(CoreV1Api);
  const store = new ApiSecretStore({ api, namespace, log, signal, onFailure });
  const outcome = await reconcile(plan, { store, log, now: new Date() });
  log.info({ namespace, ...outcome }, 'every Secret of the plan is there');
});

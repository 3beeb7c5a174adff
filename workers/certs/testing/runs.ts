// Runs of the worker's work inside a test, at a server that behaves like the API server.
import { CoreV1Api, KubeConfig } from '@kubernetes/client-node';
import type { IssuedCertificate } from '../../../certs/authority.ts';
import { FatalError, reasonOf } from '../../runtime/errors.ts';
import { type Line, recordingLog } from '../../runtime/testing/log.ts';
import { PLAN } from '../../runtime/testing/secret-plan.ts';
import { ApiSecretStore } from '../api-secret-store.ts';
import { type Outcome, reconcile } from '../reconcile.ts';
import { type ApiServer, NAMESPACE } from './api-server.ts';

export interface Run {
  readonly outcome: Outcome;
  readonly lines: readonly Line[];
}

export interface RunOptions {
  readonly namespace?: string;
  readonly token?: string;
  /** @default 10000 */
  readonly requestTimeoutMs?: number;
}

/** Creates what is missing of the sample plan. */
export async function runAt(server: ApiServer, options: RunOptions = {}): Promise<Run> {
  const { namespace = NAMESPACE, token, requestTimeoutMs = 10_000 } = options;
  const { log, lines } = recordingLog();
  const config = new KubeConfig();
  config.loadFromString(JSON.stringify(server.kubeconfig(token)));
  const api = config.makeApiClient(CoreV1Api);
  const signal = new AbortController().signal;
  const store = new ApiSecretStore({ api, namespace, log, signal, requestTimeoutMs });
  return { outcome: await reconcile(PLAN, { store, log, now: new Date() }), lines };
}

/** Why a run failed for good; throws when it did not. */
export async function failureAt(server: ApiServer, options: RunOptions = {}): Promise<string> {
  try {
    const { outcome } = await runAt(server, options);
    throw new Error(`it did not fail: ${JSON.stringify(outcome)}`);
  } catch (error) {
    if (error instanceof FatalError) return reasonOf(error);
    throw error;
  }
}

export const warnings = ({ lines }: Run): Line[] => lines.filter(({ level }) => level === 40);

/** A Secret's data, but for what is trusted. */
export const tls = ({ certificate, privateKey }: IssuedCertificate): Record<string, string> => ({
  'tls.crt': certificate,
  'tls.key': privateKey,
});

// Brings a cluster to what a directory of manifests says, and removes what an earlier directory said.
import { join } from 'node:path';
import { DEFINITIONS_DIRECTORY } from '../cdk8s/manifest-directory.ts';
import type { ManifestFile } from '../cdk8s/synthesis.ts';
import { WORKER_SCALER } from '../workers/contract/worker-scaler.ts';
import type { Kubectl } from './kubectl.ts';

/** What may be removed: never a volume or a Secret. */
const PRUNED = [
  'core/v1/ConfigMap',
  'core/v1/Service',
  'core/v1/ServiceAccount',
  'apps/v1/Deployment',
  'apps/v1/StatefulSet',
  'batch/v1/Job',
  'networking.k8s.io/v1/NetworkPolicy',
  'policy/v1/PodDisruptionBudget',
  'rbac.authorization.k8s.io/v1/Role',
  'rbac.authorization.k8s.io/v1/RoleBinding',
];

/** Objects of ours, which can be asked for only where their kind is known. */
const OWN = `${WORKER_SCALER.group}/${WORKER_SCALER.version}/${WORKER_SCALER.kind}`;
/** For the API server to serve a new kind. */
const ESTABLISHED_TIMEOUT = '60s';

/**
 * Applies every file, in the order of their names.
 * @param definitions the kinds that come first, which are in a folder of the directory
 * @returns a line for each object that was not so already
 * @throws {ProgramError}
 */
export async function applyManifests(
  kubectl: Kubectl,
  directory: string,
  definitions: readonly ManifestFile[],
): Promise<string[]> {
  const first = definitions.length > 0 ? await applyDefinitions(kubectl, join(directory, DEFINITIONS_DIRECTORY)) : '';
  const pruned = definitions.length > 0 ? [...PRUNED, OWN] : PRUNED;
  const output = await kubectl.run([
    ...['apply', '--filename', directory, '--selector', 'app.kubernetes.io/part-of=newsjet'],
    ...['--prune', ...pruned.map((kind) => `--prune-allowlist=${kind}`)],
  ]);
  return `${first}\n${output}`.split('\n').filter((line) => line !== '' && !line.endsWith(' unchanged'));
}

/** They are never removed: every object of the kind would go with it. */
async function applyDefinitions(kubectl: Kubectl, directory: string): Promise<string> {
  const output = await kubectl.run(['apply', '--filename', directory]);
  const established = ['--for', 'condition=established', '--timeout', ESTABLISHED_TIMEOUT];
  await kubectl.run(['wait', ...established, '--filename', directory]);
  return output;
}

// Brings a cluster to what a directory of manifests says, and removes what an earlier directory said.
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

/**
 * Applies every file, in the order of their names.
 * @returns a line for each object that was not so already
 * @throws {ProgramError}
 */
export async function applyManifests(kubectl: Kubectl, directory: string): Promise<string[]> {
  const output = await kubectl.run([
    ...['apply', '--filename', directory, '--selector', 'app.kubernetes.io/part-of=newsjet'],
    ...['--prune', ...PRUNED.map((kind) => `--prune-allowlist=${kind}`)],
  ]);
  return output.split('\n').filter((line) => line !== '' && !line.endsWith(' unchanged'));
}

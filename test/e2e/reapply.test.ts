// The manifests that were applied are applied once more: nothing changes, and nobody restarts.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MANIFEST_DIRECTORY, Target } from './support/target.ts';

/** Its selector is replaced, and not compared, by every kubectl; see docs/operations.md. */
const ALWAYS_CONFIGURED = /^poddisruptionbudget\.policy\/\S+ configured$/;
const KINDS = [
  ...['deployments', 'statefulsets', 'jobs', 'services', 'configmaps', 'secrets', 'serviceaccounts', 'roles'],
  ...['rolebindings', 'networkpolicies', 'poddisruptionbudgets'],
];

let target: Target;
beforeAll(async () => {
  target = await Target.open();
  await target.ready();
});
afterAll(() => target?.close());

/** What identifies every pod and its containers' starts, and what every object is to be. */
async function state(): Promise<{ pods: string[]; objects: string[] }> {
  const pods = await target.kubectl.list(['pods']);
  const objects = await target.kubectl.list(KINDS);
  return {
    pods: pods.map(({ metadata, status }) => {
      const restarts = (status?.containerStatuses ?? []).map((each: { restartCount: number }) => each.restartCount);
      return `${metadata.name} ${metadata.uid} ${restarts.join()}`;
    }),
    objects: objects.map(
      ({ kind, metadata }) => `${kind} ${metadata.name} ${metadata.uid} ${metadata.generation ?? 0}`,
    ),
  };
}

describe('reapply', () => {
  it('finds everything unchanged', async () => {
    const before = await state();
    const lines = (await target.kubectl.run(['apply', '--filename', MANIFEST_DIRECTORY])).trim().split('\n');
    expect(lines.filter((line) => !line.endsWith(' unchanged') && !ALWAYS_CONFIGURED.test(line))).toEqual([]);
    expect(lines.length).toBeGreaterThan(30);
    expect(await state()).toEqual(before);
  });

  it('leaves no difference between the manifests and the cluster', async () => {
    expect(await target.kubectl.run(['diff', '--filename', MANIFEST_DIRECTORY])).toBe('');
  });

  it('finds every manifest valid, those of the repository too', async () => {
    for (const directory of [MANIFEST_DIRECTORY, 'charts']) {
      const strict = ['--dry-run=server', '--validate=strict'];
      await target.kubectl.run(['apply', ...strict, '--filename', directory]);
    }
  });
});

// The API server that the operator is tested against: users are who their certificates say, and may what RBAC says.
import { beforeAll, expect, it } from 'vitest';
import { KubernetesClient } from '../../../workers/operator/kubernetes/client.ts';
import { ForbiddenError } from '../../../workers/operator/kubernetes/errors.ts';
import { defineResource } from '../../../workers/operator/kubernetes/resource.ts';
import { ADMIN, type ApiServerAddress, accessFor, createNamespace } from './access.ts';
import { API_SERVER_TIMEOUT_MS, sharedApiServer } from './shared.ts';

const CONFIG_MAPS = defineResource({ group: '', version: 'v1', plural: 'configmaps', kind: 'ConfigMap' });
const ROLES = defineResource({ group: 'rbac.authorization.k8s.io', version: 'v1', plural: 'roles', kind: 'Role' });
const BINDINGS = defineResource({ ...ROLES, plural: 'rolebindings', kind: 'RoleBinding' });

/** Until the API server goes by a Role that is new. */
const SOON_MS = 60_000;
const { signal } = new AbortController();
let address: ApiServerAddress;

beforeAll(async () => {
  address = await sharedApiServer();
}, API_SERVER_TIMEOUT_MS);

const clientOf = async (name: string, groups: readonly string[]): Promise<KubernetesClient> =>
  new KubernetesClient({ access: await accessFor(address, { name, groups }) });

it('knows a user and its groups by the certificate', async () => {
  const namespace = await createNamespace(address, 'users');
  const admin = await clientOf(ADMIN.name, ADMIN.groups);
  const role = {
    metadata: { name: 'reader', namespace },
    rules: [{ apiGroups: [''], resources: ['configmaps'], verbs: ['list'] }],
  };
  await admin.create(ROLES, role, { signal });
  const subject = { kind: 'Group', name: 'readers', apiGroup: 'rbac.authorization.k8s.io' };
  const roleRef = { kind: 'Role', name: 'reader', apiGroup: 'rbac.authorization.k8s.io' };
  const binding = { metadata: { name: 'readers', namespace }, subjects: [subject], roleRef };
  await admin.create(BINDINGS, binding, { signal });
  const [member, stranger] = [await clientOf('ann', ['others', 'readers']), await clientOf('bob', ['others'])];
  await expect
    .poll(() => member.list(CONFIG_MAPS, { namespace, signal }).then(() => 'allowed', String), { timeout: SOON_MS })
    .toBe('allowed');
  await expect(stranger.list(CONFIG_MAPS, { namespace, signal })).rejects.toThrow(ForbiddenError);
  await expect(stranger.list(CONFIG_MAPS, { namespace, signal })).rejects.toThrow('User "bob" cannot list');
});

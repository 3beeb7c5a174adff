// Servers follow a Secret that somebody else renews, at a real API server, with no more than the Role allows.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { newsSourceRules } from '../../../cdk8s/charts/news-source-rules.ts';
import { DEFAULT_SETTINGS } from '../../../cdk8s/settings.ts';
import { issueAuthority, issueServerCertificate } from '../../../certs/authority.ts';
import { waitFor } from '../../../local/wait.ts';
import { API_SERVER_TIMEOUT_MS } from '../../../test/support/api-server/shared.ts';
import { createRegistry } from '../../runtime/metrics.ts';
import { recordingLog } from '../../runtime/testing/log.ts';
import type { KubernetesClient } from '../kubernetes/client.ts';
import { NotFoundError } from '../kubernetes/errors.ts';
import type { KubernetesObject } from '../kubernetes/object.ts';
import { defineResource } from '../kubernetes/resource.ts';
import { ApiBench } from '../kubernetes/testing/api-bench.ts';
import { CertificateMetrics } from './certificate-metrics.ts';
import { CertificateFollower } from './follower.ts';
import { encodeData, SECRETS } from './secret-object.ts';
import { certificateOf } from './server-certificate.ts';

const SOON_MS = 60_000;
const SECRET = 'nats-server-tls';
const RBAC = { group: 'rbac.authorization.k8s.io', version: 'v1' };
const ROLES = defineResource({ ...RBAC, plural: 'roles', kind: 'Role' });
const BINDINGS = defineResource({ ...RBAC, plural: 'rolebindings', kind: 'RoleBinding' });
const { signal } = new AbortController();

let bench: ApiBench;
/** With the permissions that the operator has where cert-manager issues certificates. */
let client: KubernetesClient;

beforeAll(async () => {
  bench = await ApiBench.start('follower');
  const { namespace, admin } = bench;
  const metadata = { namespace, name: 'operator' };
  const settings = { ...DEFAULT_SETTINGS, namespace, certificates: 'cert-manager' } as const;
  const rules = newsSourceRules({ settings, topology: { servers: 3 } as never });
  const user = { name: `system:serviceaccount:${namespace}:operator`, groups: [] };
  await admin.create(ROLES, { metadata, rules } as KubernetesObject, { signal });
  const binding = {
    metadata,
    roleRef: { apiGroup: RBAC.group, kind: 'Role', name: metadata.name },
    subjects: [{ kind: 'User', apiGroup: RBAC.group, name: user.name }],
  };
  await admin.create(BINDINGS, binding as KubernetesObject, { signal });
  client = await bench.client({ user });
  // An API server goes by a new Role a moment later.
  await waitFor('the Role is in effect', SOON_MS, () =>
    client.get(SECRETS, { namespace, name: SECRET }, { signal }).then(
      () => true,
      (error) => error instanceof NotFoundError,
    ),
  );
}, API_SERVER_TIMEOUT_MS);
afterAll(() => bench?.stop());

async function renewed(): Promise<{ data: Record<string, string>; serial: string | undefined }> {
  const authority = await issueAuthority();
  const { certificate, privateKey } = await issueServerCertificate({ authority, names: ['localhost'] });
  const data = { 'ca.crt': authority.certificate, 'tls.crt': certificate, 'tls.key': privateKey };
  const serial = certificateOf({ data, labels: {}, annotations: {} })?.serialNumber;
  return { data: encodeData(data), serial };
}

it('has servers take up what the Secret holds, until all of them have, and again when it changes', async () => {
  const { namespace, admin } = bench;
  const { log, lines } = recordingLog();
  const registry = createRegistry('operator');
  const asked: string[] = [];
  let behind = ['nats-2'];
  const follower = new CertificateFollower({
    ...{
      namespace,
      secret: SECRET,
      client,
      log,
      metrics: new CertificateMetrics(registry),
      periodMs: 200,
      retryMs: 20,
    },
    settleServers: async (serial) => {
      asked.push(serial);
      return behind;
    },
  });
  const stop = new AbortController();
  const leading = follower.lead(stop.signal);
  const metric = async (name: string) => (await registry.getSingleMetric(name)?.get())?.values[0]?.value;

  const first = await renewed();
  const object = { metadata: { namespace, name: SECRET }, type: 'kubernetes.io/tls', data: first.data };
  await admin.create(SECRETS, object, { signal });
  await waitFor('it is tried again', SOON_MS, () => asked.length > 2);
  expect(new Set(asked)).toEqual(new Set([first.serial]));
  expect(await metric('newsjet_nats_servers_behind')).toBe(1);
  behind = [];
  await waitFor('none is behind', SOON_MS, async () => (await metric('newsjet_nats_servers_behind')) === 0);
  expect((await metric('newsjet_certificate_expiry_timestamp_seconds')) ?? 0).toBeGreaterThan(Date.now() / 1_000);

  const second = await renewed();
  await admin.patch(SECRETS, { namespace, name: SECRET }, { data: second.data }, { signal });
  await waitFor('the new one is taken up', SOON_MS, () => second.serial !== undefined && asked.includes(second.serial));
  stop.abort();
  await leading;
  expect(lines.filter(({ level }) => Number(level) >= 40)).toEqual([]);
});

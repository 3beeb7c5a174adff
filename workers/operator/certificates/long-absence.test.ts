// A cluster that was switched off until all of its certificates but the authority had expired: when it is back, the operator can't
// connect, nor can the servers to each other, and yet it brings everything back by itself.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { issueClientCertificate, issueServerCertificate } from '../../../certs/authority.ts';
import { MANAGED_LABELS } from '../../../certs/secrets.ts';
import { defaultServerNames } from '../../../certs/server-names.ts';
import { waitFor } from '../../../local/wait.ts';
import { API_SERVER_TIMEOUT_MS } from '../../../test/support/api-server/shared.ts';
import { OPERATOR, SYSTEM } from '../../contract/roles.ts';
import type { RunningOperator } from '../scalers/testing/scaler-bench.ts';
import { conditionOf, ScalerBench } from '../scalers/testing/scaler-bench.ts';
import { presentedSerial } from '../servers/presented-certificate.ts';
import { decodeSecret, encodeData, SECRETS } from './secret-object.ts';
import { certificateOf } from './server-certificate.ts';

const DAY_MS = 86_400_000;
const SOON_MS = 60_000;
const BACK_MS = 120_000;
/** Of a test: longer than its waits in turn. */
const TEST_MS = 500_000;
/** What the plan calls Secrets, and the test its files. */
const PLACES = [
  ['nats-server-tls', 'server'],
  [`${OPERATOR}-tls`, OPERATOR],
  [`${SYSTEM}-tls`, SYSTEM],
] as const;

let bench: ScalerBench;
let operator: RunningOperator;
const stop = new AbortController();
const { signal } = stop;
const work: Promise<unknown>[] = [];

const path = (name: string): string => join(bench.cluster.directory, 'certs', name);
const read = async (name: string) =>
  decodeSecret(await bench.api.admin.get(SECRETS, { namespace: bench.api.namespace, name }, { signal }));

/** Puts a Secret there as if it had been made by us. */
async function put(name: string, data: Readonly<Record<string, string>>): Promise<void> {
  const metadata = { name, namespace: bench.api.namespace, labels: MANAGED_LABELS };
  await bench.api.admin.create(SECRETS, { metadata, type: 'kubernetes.io/tls', data: encodeData(data) }, { signal });
}

/** Brings what Secrets hold to where it is used, as the kubelet does. */
async function mount(): Promise<void> {
  for (const [secret, file] of PLACES) {
    const { data } = await read(secret);
    await writeFile(path(`${file}.key`), data['tls.key'] ?? '');
    await writeFile(path(`${file}.crt`), data['tls.crt'] ?? '');
  }
}

beforeAll(async () => {
  bench = await ScalerBench.start();
  const authority = {
    certificate: await readFile(path('ca.crt'), 'utf8'),
    privateKey: await readFile(path('ca.key'), 'utf8'),
  };
  const { certificate: trust, privateKey } = authority;
  await put('newsjet-ca', { 'ca.crt': trust, 'tls.crt': trust, 'tls.key': privateKey });
  const validity = { notBefore: new Date(Date.now() - 91 * DAY_MS), notAfter: new Date(Date.now() - DAY_MS) };
  for (const [secret, file] of PLACES) {
    const issued =
      file === 'server'
        ? await issueServerCertificate({ authority, names: defaultServerNames({ servers: 3 }), ...validity })
        : await issueClientCertificate({ authority, identity: file, ...validity });
    await put(secret, { 'ca.crt': trust, 'tls.crt': issued.certificate, 'tls.key': issued.privateKey });
  }
  await mount();
  const { cluster } = bench.cluster;
  await Promise.all(cluster.servers.map((server) => server.stop(SOON_MS)));
  // They are up only when they are a cluster again.
  work.push(...[0, 1, 2].map((index) => cluster.restart(index)));
  for (const each of work) each.catch(() => {});
  operator = await bench.beginOperator();
}, API_SERVER_TIMEOUT_MS);
afterAll(async () => {
  stop.abort();
  await Promise.allSettled(work);
  await bench?.stop();
});

it('leads and renews while it can not connect, and says what it waits for', { timeout: TEST_MS }, async () => {
  await waitFor('it says so', SOON_MS, async () => {
    const { status, text } = await operator.get('/readyz');
    return status === 503 && /^waiting for NATS \(the certificate in .*operator\.crt expired on .*\)$/m.test(text);
  });
  expect(await operator.get('/healthz')).toEqual({ status: 200, text: 'ok\n' });
  const scaler = await bench.waitForScaler('the reading is unknown', ({ status }) => status?.reading === 'unknown');
  expect(conditionOf(scaler, 'ScalingActive')).toMatch(/^False /);
  expect(scaler.status?.conditions?.map(({ message }) => message).join()).toContain('not connected to NATS: ');
  for (const [secret] of PLACES) {
    await waitFor(`${secret} is renewed`, SOON_MS, async () => {
      const end = certificateOf(await read(secret))?.end.getTime() ?? 0;
      return end > Date.now() + 89 * DAY_MS;
    });
  }
  expect((await operator.get('/readyz')).status).toBe(503);
});

it('has the servers take up theirs, and is connected', { timeout: TEST_MS }, async () => {
  const serial = certificateOf(await read('nats-server-tls'))?.serialNumber;
  await mount();
  await waitFor('it is ready', BACK_MS, operator.ready);
  const addresses = bench.cluster.cluster.urls.map((url, index) => {
    const { hostname: host, port } = new URL(url);
    return { name: `nats-${index}`, host, port: Number(port) };
  });
  await waitFor('all servers present it', BACK_MS, async () => {
    const serials = await Promise.all(addresses.map((address) => presentedSerial(address)));
    return serials.every((each) => each === serial);
  });
  await waitFor('nobody is behind', SOON_MS, async () =>
    /nats_servers_behind\{[^}]*\} 0/.test(await operator.metrics()),
  );
  await bench.waitForScaler('the reading is known', ({ status }) => status?.reading === 'known');
  expect(operator.process.exit).toBeUndefined();
});

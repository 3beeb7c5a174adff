// The controller at a real API server, with servers that are only said to be settled.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { issueAuthority } from '../../../certs/authority.ts';
import { ownAuthority } from '../../../certs/testing/own-authority.ts';
import { waitFor } from '../../../local/wait.ts';
import { createNamespace } from '../../../test/support/api-server/access.ts';
import { API_SERVER_TIMEOUT_MS } from '../../../test/support/api-server/shared.ts';
import { createRegistry, type Registry } from '../../runtime/metrics.ts';
import { pause as pauseOf } from '../../runtime/retry.ts';
import { recordingLog } from '../../runtime/testing/log.ts';
import type { EventReport } from '../kubernetes/event-record.ts';
import type { KubernetesObject } from '../kubernetes/object.ts';
import { ApiBench } from '../kubernetes/testing/api-bench.ts';
import { CertificateMetrics } from './certificate-metrics.ts';
import { CertificateController, type CertificateControllerOptions } from './controller.ts';
import { decodeSecret, encodeData, SECRETS, type StoredSecret } from './secret-object.ts';
import { AUTHORITY, CLIENT, DATABASE, DAY_MS, PLAN, SERVER } from './testing/vault.ts';

const SOON_MS = 60_000;

let bench: ApiBench;
let namespace: string;
let stop: AbortController;
let leading: Promise<void> | undefined;
let registry: Registry;
let events: string[];
let log: ReturnType<typeof recordingLog>;

beforeAll(async () => {
  bench = await ApiBench.start('renewal');
}, API_SERVER_TIMEOUT_MS);
afterAll(() => bench?.stop());
beforeEach(async () => {
  namespace = await createNamespace(bench.address, 'renewal');
  stop = new AbortController();
  registry = createRegistry('operator');
  events = [];
  log = recordingLog();
});
afterEach(async () => {
  stop.abort();
  await leading;
});

function lead(options: Partial<CertificateControllerOptions> = {}, still = () => true): CertificateController {
  const record = (object: KubernetesObject, { reason }: EventReport): void =>
    void events.push(`${object.kind} ${object.metadata.name} ${reason}`);
  const controller = new CertificateController({
    ...{ namespace, client: bench.admin, plan: () => PLAN, recorder: { record }, log: log.log },
    ...{ metrics: new CertificateMetrics(registry), settleServers: async () => [], periodMs: 100, retryMs: 50 },
    ...options,
  });
  leading = controller.lead(stop.signal, still);
  return controller;
}

const context = () => ({ signal: new AbortController().signal });
const read = async (name: string): Promise<StoredSecret> =>
  decodeSecret(await bench.admin.get(SECRETS, { namespace, name }, context()));
const put = (name: string, data: StoredSecret['data'], labels = {}) =>
  bench.admin.create(
    SECRETS,
    { metadata: { name, namespace, labels }, type: 'kubernetes.io/tls', data: encodeData(data) },
    context(),
  );
const made = () => waitFor('all Secrets are there', SOON_MS, () => read(CLIENT));
const metric = async (name: string, secret: string): Promise<number | undefined> =>
  (await registry.getSingleMetric(name)?.get())?.values.find(({ labels }) => labels.secret === secret)?.value;

describe('CertificateController', () => {
  it('makes what is missing, again when it is deleted, and tells of it', async () => {
    lead();
    const first = await made();
    expect(first.labels).toEqual({ 'app.kubernetes.io/managed-by': 'newsjet', 'app.kubernetes.io/part-of': 'newsjet' });
    await bench.admin.delete(SECRETS, { namespace, name: CLIENT }, context());
    const second = await made();
    expect(second.data['tls.crt']).not.toBe(first.data['tls.crt']);
    const days = async () => ((await metric('newsjet_certificate_expiry_timestamp_seconds', CLIENT)) ?? 0) * 1_000;
    await waitFor('its end is known', SOON_MS, async () => (await days()) > Date.now() + 89 * DAY_MS);
    expect(await metric('newsjet_certificate_renewals_total', CLIENT)).toBe(2);
    expect(events).toEqual([
      `Secret ${AUTHORITY} AuthorityFounded`,
      ...[SERVER, DATABASE, CLIENT, CLIENT].map((name) => `Secret ${name} CertificateIssued`),
    ]);
    const said = JSON.stringify(log.lines);
    for (const { data } of [first, second, await read(AUTHORITY)]) {
      expect(said).not.toContain((data['tls.key'] as string).split('\n')[1]);
    }
  });

  it('renews in place, and keeps what others have written there', async () => {
    const now = { date: () => new Date() };
    const clock = { monotonicMs: () => performance.now(), random: Math.random, pause: pauseOf, date: () => now.date() };
    lead({ clock });
    const before = await made();
    const object = await bench.admin.get(SECRETS, { namespace, name: CLIENT }, context());
    await bench.admin.patch(
      SECRETS,
      object.metadata as never,
      { metadata: { labels: { team: 'news' } }, data: { note: 'aGk=' } },
      context(),
    );
    now.date = () => new Date(Date.now() + 61 * DAY_MS);
    const after = await waitFor('it is renewed', SOON_MS, async () => {
      const secret = await read(CLIENT);
      return secret.data['tls.crt'] !== before.data['tls.crt'] && secret;
    });
    expect(after.labels).toMatchObject({ team: 'news' });
    expect(after.data.note).toBe('hi');
    expect(after.data['ca.crt']).toBe(before.data['ca.crt']);
    // Told when the API server's answer is there, which may be after others see what was written.
    await waitFor('an Event', SOON_MS, () => events.includes(`Secret ${CLIENT} CertificateRenewed`));
  });

  it('has the database run with what was issued here, and servers with what their Secret holds', async () => {
    const database: string[] = [];
    const servers: string[] = [];
    lead({
      settleDatabase: async (serial) => void database.push(serial),
      settleServers: async (serial) => {
        servers.push(serial);
        return ['nats-1'];
      },
    });
    await waitFor('both were told', SOON_MS, () => database.length > 0 && servers.length > 0);
    expect(database[0]).toBe((await read(DATABASE)).annotations['newsjet.io/renewed']);
    expect(servers[0]).toBe((await read(SERVER)).annotations['newsjet.io/renewed']);
    const behind = async () => (await registry.getSingleMetric('newsjet_nats_servers_behind')?.get())?.values[0]?.value;
    expect(await behind()).toBe(1);
  });

  it('leaves what the user has brought, and says once what is wrong with it', async () => {
    const notAfter = new Date(Date.now() + DAY_MS);
    const own = await issueAuthority({ commonName: 'Example', notBefore: new Date(Date.now() - 9 * DAY_MS), notAfter });
    await put(AUTHORITY, { 'tls.crt': own.certificate, 'tls.key': own.privateKey });
    lead();
    await made();
    await waitFor(
      'its problem is shown',
      SOON_MS,
      async () => (await metric('newsjet_certificate_problem', AUTHORITY)) === 1,
    );
    const looked = log.lines.length;
    await waitFor(
      'it has looked again',
      SOON_MS,
      async () => (await metric('newsjet_certificate_problem', CLIENT)) === 0,
    );
    expect((await read(AUTHORITY)).data['tls.crt']).toBe(own.certificate);
    expect(log.lines.length).toBe(looked);
    expect(events.filter((event) => event.endsWith('CertificateProblem'))).toEqual([
      `Secret ${AUTHORITY} CertificateProblem`,
    ]);
  });

  it('says that an authority can not sign with its key', async () => {
    const own = await ownAuthority({ key: 'ed25519' });
    await put(AUTHORITY, { 'tls.crt': own.certificate, 'tls.key': own.privateKey });
    lead();
    await waitFor(
      'its problem is shown',
      SOON_MS,
      async () => (await metric('newsjet_certificate_problem', AUTHORITY)) === 1,
    );
    expect(JSON.stringify(log.lines)).toContain("the authority's key is ed25519, which can't sign");
  });

  it('writes nothing when it does not lead any more, by the clock', async () => {
    let passes = 0;
    const get = async (...call: Parameters<typeof bench.admin.get>) => {
      passes += 1;
      return bench.admin.get(...call);
    };
    const client = { get, create: bench.admin.create, replace: bench.admin.replace } as never;
    lead({ client, retryMs: 10 }, () => false);
    await waitFor('it has looked twice', SOON_MS, () => passes > 2 * (PLAN.certificates.length + 1));
    await expect(read(AUTHORITY)).rejects.toThrow('404');
    expect(events).toEqual([]);
  });

  it('shows nothing any more when another leads', async () => {
    lead();
    await made();
    stop.abort();
    await leading;
    expect(await metric('newsjet_certificate_expiry_timestamp_seconds', AUTHORITY)).toBeUndefined();
  });
});

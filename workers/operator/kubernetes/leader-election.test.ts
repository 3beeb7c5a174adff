// Candidates at a real API server: never do two lead at once.
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { waitFor } from '../../../local/wait.ts';
import type { TcpProxy } from '../../../test/support/api-server/proxy.ts';
import { API_SERVER_TIMEOUT_MS } from '../../../test/support/api-server/shared.ts';
import { recordingLog } from '../../runtime/testing/log.ts';
import type { KubernetesClient } from './client.ts';
import { type Clock, SYSTEM_CLOCK } from './clock.ts';
import { LeaderElector, type LeaderElectorOptions } from './leader-election.ts';
import { LEASES, type Lease } from './lease-record.ts';
import { ApiBench } from './testing/api-bench.ts';
import { Election, LASTING, type Moment, SOON_MS, TIMING } from './testing/election.ts';

const { signal } = new AbortController();

let bench: ApiBench;
let election: Election;
let name: string;
let elections = 0;

beforeAll(async () => {
  bench = await ApiBench.start('election');
}, API_SERVER_TIMEOUT_MS);
afterAll(() => bench?.stop());
beforeEach(() => {
  elections += 1;
  name = `operator-${elections}`;
  election = new Election({ namespace: bench.namespace, name });
});
afterEach(() => election.end());

const lease = (): Promise<Lease> => bench.admin.get(LEASES, { namespace: bench.namespace, name }, { signal });

async function cutOff(): Promise<{ client: KubernetesClient; proxy: TcpProxy }> {
  const proxy = await bench.proxy();
  return { proxy, client: await bench.client({ proxy }) };
}

it('is won by one of two, who keeps it, whatever time of day it is to each', async () => {
  const years = 10 * 365 * 86_400_000;
  const past: Clock = { ...SYSTEM_CLOCK, date: () => new Date(Date.now() - years) };
  const future: Clock = { ...SYSTEM_CLOCK, date: () => new Date(Date.now() + years) };
  const clients = [await bench.client(), await bench.client()] as const;
  const electors = [
    election.candidate('a', clients[0], { clock: past }),
    election.candidate('b', clients[1], { clock: future }),
  ];
  const first = await election.leader(1);
  const { renewTime } = (await lease()).spec ?? {};
  const [{ atMs }] = election.moments as [Moment];
  await waitFor('more than its duration', SOON_MS, () => performance.now() - atMs > 1.3 * TIMING.leaseDurationMs);
  expect(election.moments).toHaveLength(1);
  expect(electors.map(({ elector }) => elector.leading)).toEqual(
    electors.map(({ elector }) => elector.identity === first),
  );
  const { spec } = await lease();
  expect(spec).toMatchObject({
    holderIdentity: first,
    leaseDurationSeconds: TIMING.leaseDurationMs / 1_000,
    leaseTransitions: 0,
  });
  expect(Date.parse(spec?.renewTime as string)).toBeGreaterThan(Date.parse(renewTime as string));
});

it('goes to the next at once when the leader stops', async () => {
  const first = election.candidate('a', await bench.client(), { timing: LASTING });
  await election.leader(1);
  const second = election.candidate('b', await bench.client(), { timing: LASTING });
  first.stop.abort();
  await first.ran;
  const { holderIdentity } = (await lease()).spec ?? {};
  expect(['', 'b']).toContain(holderIdentity);
  expect(await election.leader(2)).toBe('b');
  const [, stopped, next] = election.moments as [Moment, Moment, Moment];
  expect(stopped.what).toBe('told to stop');
  expect(next.atMs - stopped.atMs).toBeLessThan(LASTING.leaseDurationMs - LASTING.renewDeadlineMs);
  expect((await lease()).spec?.leaseTransitions).toBe(1);
  expect([first, second].map(({ elector }) => elector.leading)).toEqual([false, true]);
});

it.each(['silently', 'openly'] as const)(
  'is lost by a leader that is cut off %s, before the next has it',
  async (how) => {
    const { client, proxy } = await cutOff();
    const first = election.candidate('a', client);
    await election.leader(1);
    election.candidate('b', await bench.client());
    const cutAtMs = performance.now();
    proxy.mode = how === 'silently' ? 'dark' : 'refuse';
    if (how === 'silently') proxy.cutSilently();
    else proxy.cut();
    expect(await election.leader(2)).toBe('b');
    expect(election.moments.map(({ who, what }) => `${who} ${what}`)).toEqual(['a leads', 'a lost', 'b leads']);
    const [, lost] = election.moments as [Moment, Moment];
    // The machine may be slow, but not as slow as to let the next one wait in vain.
    expect(lost.atMs - cutAtMs).toBeLessThan(TIMING.leaseDurationMs);
    expect(first.lines.map(({ msg }) => msg)).toContain('not leading any more');
    proxy.mode = 'pass';
    await waitFor('it is a candidate again', SOON_MS, () => proxy.accepted > 1);
  },
);

it('is lost as soon as another has it', async () => {
  const thief = await bench.client();
  const first = election.candidate('a', await bench.client(), { timing: LASTING });
  await election.leader(1);
  const spec = { holderIdentity: 'thief', leaseDurationSeconds: 60 };
  await thief.patch(LEASES, { namespace: bench.namespace, name }, { spec }, { signal });
  await waitFor('the loss', SOON_MS, () => election.moments.length === 2);
  expect(election.moments[1]).toMatchObject({ who: 'a', what: 'lost' });
  expect(first.elector.leading).toBe(false);
});

it('outlives a Lease that somebody deletes', async () => {
  election.candidate('a', await bench.client(), { timing: LASTING });
  await election.leader(1);
  const { uid } = (await lease()).metadata;
  await bench.admin.delete(LEASES, { namespace: bench.namespace, name }, { signal });
  const again = await waitFor('another Lease', SOON_MS, lease);
  expect(again.metadata.uid).not.toBe(uid);
  expect(again.spec?.holderIdentity).toBe('a');
  expect(election.moments).toHaveLength(1);
});

it('survives renewals whose answers are lost', async () => {
  const client = await bench.client();
  let renewals = 0;
  const lossy: LeaderElectorOptions['client'] = {
    get: (resource, at, context) => client.get(resource, at, context),
    create: (resource, object, context) => client.create(resource, object, context),
    replace: async (resource, object, context) => {
      const stored = await client.replace(resource, object, context);
      if (++renewals % 2 === 1) throw new Error('the answer was lost');
      return stored;
    },
  };
  const { lines } = election.candidate('a', lossy, { timing: LASTING });
  await election.leader(1);
  await waitFor('eight renewals', SOON_MS, () => renewals >= 8);
  expect(election.moments).toHaveLength(1);
  expect(lines.map(({ reason }) => reason)).toContain('the answer was lost');
});

it('is kept while the work ends, and given up then', async () => {
  let finish = (): void => {};
  const finished = new Promise<void>((resolve) => {
    finish = resolve;
  });
  const first = election.candidate('a', await bench.client(), { until: finished });
  await election.leader(1);
  election.candidate('b', await bench.client());
  first.stop.abort();
  const stoppedAtMs = performance.now();
  await waitFor(
    'more than its duration',
    SOON_MS,
    () => performance.now() - stoppedAtMs > 1.2 * TIMING.leaseDurationMs,
  );
  expect(election.leaders).toEqual(['a']);
  finish();
  await first.ran;
  expect(await election.leader(2)).toBe('b');
});

it('hands on what the work throws, after giving it up', async () => {
  const { log } = recordingLog();
  const place = { namespace: bench.namespace, name };
  const elector = new LeaderElector({ ...LASTING, ...place, client: await bench.client(), log });
  const ran = elector.run(signal, async () => {
    throw new Error('broken');
  });
  await expect(ran).rejects.toThrow('broken');
  expect((await lease()).spec?.holderIdentity).toBeFalsy();
});

it.each([
  [{ leaseDurationMs: 4_500 }, 'leaseDurationMs is 4500: use whole seconds, more than renewDeadlineMs (2000)'],
  [{ leaseDurationMs: 2_000 }, 'leaseDurationMs is 2000: use whole seconds, more than renewDeadlineMs (2000)'],
  [{ retryPeriodMs: 1_900 }, 'renewDeadlineMs is 2000: use more than 1.2 times retryPeriodMs (1900)'],
  [{ retryPeriodMs: 0 }, 'renewDeadlineMs is 2000: use more than 1.2 times retryPeriodMs (0)'],
])('refuses times that do not go together: %j', (times, message) => {
  const options = { client: bench.admin, namespace: 'n', name: 'n', log: recordingLog().log };
  const sound = { leaseDurationMs: 3_000, renewDeadlineMs: 2_000, retryPeriodMs: 250 };
  expect(() => new LeaderElector({ ...options, ...sound, ...times })).toThrow(message);
});

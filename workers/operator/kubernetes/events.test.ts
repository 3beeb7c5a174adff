// Events at a real API server, and a recorder whose API server fails.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { API_SERVER_TIMEOUT_MS } from '../../../test/support/api-server/shared.ts';
import { type Line, recordingLog } from '../../runtime/testing/log.ts';
import type { KubernetesClient } from './client.ts';
import { ForbiddenError } from './errors.ts';
import { EVENTS, type EventObject } from './event-record.ts';
import { EventRecorder, type EventRecorderOptions } from './events.ts';
import { ApiBench } from './testing/api-bench.ts';
import { ManualClock, settle } from './testing/manual-clock.ts';

const { signal } = new AbortController();
const REPORT = { type: 'Normal', reason: 'ScaledUp', action: 'Scale', note: 'from 1 to 3: lag 4000' } as const;

let bench: ApiBench;
let clock: ManualClock;
let lines: Line[];
let subjects = 0;

beforeAll(async () => {
  bench = await ApiBench.start('events');
}, API_SERVER_TIMEOUT_MS);
afterAll(() => bench?.stop());
beforeEach(() => {
  clock = new ManualClock();
  subjects += 1;
});

/** What events are about, in the test that runs. */
const subject = (name = `subject-${subjects}`) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name, namespace: bench.namespace, uid: `uid-of-${name}` },
});

function start(options: Partial<EventRecorderOptions> = {}): EventRecorder {
  const { log, lines: kept } = recordingLog();
  lines = kept;
  return new EventRecorder({ client: bench.admin, controller: 'newsjet.io/operator', log, signal, clock, ...options });
}

async function recorded(name = `subject-${subjects}`): Promise<readonly EventObject[]> {
  const fieldSelector = `regarding.name=${name}`;
  return (await bench.admin.list(EVENTS, { namespace: bench.namespace, fieldSelector, signal })).items;
}

describe('EventRecorder', () => {
  it('records what happened to an object', async () => {
    const recorder = start({ instance: 'operator-1' });
    recorder.record(subject(), REPORT);
    await recorder.flush();
    const name = `subject-${subjects}`;
    const regarding = {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      namespace: bench.namespace,
      name,
      uid: `uid-of-${name}`,
    };
    expect(await recorded()).toMatchObject([
      { ...REPORT, regarding, reportingController: 'newsjet.io/operator', reportingInstance: 'operator-1' },
    ]);
    expect((await recorded())[0]?.eventTime).toBe('2030-01-01T00:00:00.000000Z');
    expect(lines).toEqual([]);
  });

  it('counts the same within a while, and records it anew after that', async () => {
    const recorder = start({ seriesWindowMs: 60_000 });
    for (let times = 0; times < 3; times++) {
      recorder.record(subject(), REPORT);
      await recorder.flush();
      await clock.advance(50_000);
    }
    const [event, ...others] = await recorded();
    expect(others).toEqual([]);
    expect(event?.series).toEqual({ count: 3, lastObservedTime: '2030-01-01T00:01:40.000000Z' });
    await clock.advance(10_000);
    recorder.record(subject(), REPORT);
    await recorder.flush();
    expect(await recorded()).toHaveLength(2);
  });

  it('keeps apart what differs', async () => {
    const recorder = start();
    recorder.record(subject(), REPORT);
    recorder.record(subject(), { ...REPORT, note: 'from 3 to 5: lag 9000' });
    recorder.record(subject(), { ...REPORT, type: 'Warning' });
    recorder.record(subject(), { ...REPORT, reason: 'ScaledDown' });
    recorder.record({ ...subject(), metadata: { ...subject().metadata, uid: 'of its successor' } }, REPORT);
    await recorder.flush();
    expect(await recorded()).toHaveLength(5);
  });

  it('records it anew when the event has expired', async () => {
    const recorder = start();
    recorder.record(subject(), REPORT);
    await recorder.flush();
    const [event] = await recorded();
    await bench.admin.delete(EVENTS, (event as EventObject).metadata, { signal });
    recorder.record(subject(), REPORT);
    await recorder.flush();
    expect(await recorded()).toMatchObject([REPORT]);
    expect(lines).toEqual([]);
  });

  it('cuts what is too long to be accepted', async () => {
    const name = `${'n'.repeat(199)}.${'n'.repeat(53)}`;
    const recorder = start({ instance: 'i'.repeat(200) });
    recorder.record(subject(name), {
      ...REPORT,
      reason: 'R'.repeat(200),
      action: 'A'.repeat(200),
      note: '€'.repeat(2_000),
    });
    await recorder.flush();
    expect(lines).toEqual([]);
    const [event] = await recorded(name);
    expect(event?.note).toMatch(/^€{340,}…$/);
  });

  it('never fails the work: what is refused is logged', async () => {
    const stranger = await bench.client({ user: { name: 'stranger', groups: [] } });
    const recorder = start({ client: stranger });
    recorder.record(subject(), REPORT);
    recorder.record(subject(), REPORT);
    await recorder.flush();
    expect(lines.map(({ msg, event }) => [msg, event])).toEqual(Array(2).fill(["can't record an event", 'ScaledUp']));
    expect(String(lines[0]?.reason)).toContain('needs a Role that allows "create" on events.events.k8s.io');
    expect(recorder.dropped).toBe(2);
  });

  it('drops what an API server in trouble lets pile up, and goes on when it is well again', async () => {
    const waiting: (() => void)[] = [];
    const client = {
      create: () => new Promise((_, fail) => waiting.push(() => fail(new ForbiddenError('no')))),
      patch: () => Promise.reject(new Error('nothing to count')),
    } as Pick<KubernetesClient, 'create' | 'patch'>;
    const recorder = start({ client, capacity: 3 });
    for (let n = 0; n < 10; n++) recorder.record(subject(), { ...REPORT, note: String(n) });
    await settle();
    expect([waiting.length, recorder.dropped]).toEqual([1, 7]);
    for (let n = 0; n < 3; n++) {
      waiting[n]?.();
      await settle();
    }
    await recorder.flush();
    recorder.record(subject(), REPORT);
    await settle();
    expect([waiting.length, recorder.dropped]).toEqual([4, 10]);
    waiting[3]?.();
    await recorder.flush();
  });
});

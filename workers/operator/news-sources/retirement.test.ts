import { describe, expect, it } from 'vitest';
import { isDeclared, nextStep, type Remains, STEPS } from './retirement.ts';

const NOTHING: Remains = {
  polls: 0,
  exporter: 'gone',
  consumer: 'gone',
  backlog: { status: 'missing' },
  documents: 0,
  consumers: 0,
  permitted: false,
  objects: 0,
};
const ALL: Remains = {
  polls: 3,
  exporter: 'there',
  consumer: 'there',
  backlog: { status: 'known', messages: 2 },
  documents: 5,
  consumers: 2,
  permitted: true,
  objects: 4,
};

describe('nextStep', () => {
  it.each<[string, Partial<Remains>, Remains, string, RegExp?]>([
    ['takes feeds off the schedule first', {}, ALL, 'unschedule'],
    ['stops the exporter when nothing more becomes due', { polls: 0 }, ALL, 'stop-exporter'],
    ['waits for its pods', { polls: 0, exporter: 'ending' }, ALL, 'stop-exporter', /exporter/],
    ['works off what was fetched', { polls: 0, exporter: 'gone' }, ALL, 'drain', /2 documents/],
    [
      'counts one',
      { polls: 0, exporter: 'gone', backlog: { status: 'known', messages: 1 } },
      ALL,
      'drain',
      /1 document to/,
    ],
    [
      'takes no silence for an empty stream',
      { polls: 0, exporter: 'gone', backlog: { status: 'unknown', reason: 'no leader' } },
      ALL,
      'drain',
      /no leader/,
    ],
    [
      'waits for a consumer that was deleted meanwhile',
      { polls: 0, exporter: 'gone', backlog: { status: 'missing' } },
      ALL,
      'drain',
      /missing in JetStream/,
    ],
    ['does not miss it without documents', { consumer: 'there' }, NOTHING, 'stop-consumer'],
    [
      'does not go on without the consumer while there is work',
      { polls: 0, exporter: 'gone', consumer: 'gone' },
      ALL,
      'drain',
      /2 documents/,
    ],
    [
      'stops the consumer when all is done',
      { consumer: 'there', backlog: { status: 'known', messages: 0 } },
      NOTHING,
      'stop-consumer',
    ],
    [
      'waits for its pods, too',
      { consumer: 'ending', backlog: { status: 'known', messages: 0 } },
      NOTHING,
      'stop-consumer',
      /consumer/,
    ],
    ['deletes what JetStream has', { consumers: 2, permitted: true, objects: 4 }, NOTHING, 'forget'],
    ['withdraws permissions', { permitted: true, objects: 4 }, NOTHING, 'revoke', /servers/],
    ['removes the rest', { objects: 1 }, NOTHING, 'remove'],
    ['lets go', {}, NOTHING, 'release'],
    ['begins anew when feeds have come back', { polls: 1 }, NOTHING, 'unschedule'],
  ])('%s', (_, change, remains, name, waitsFor) => {
    const step = nextStep({ ...remains, ...change });
    expect(step.name).toBe(name);
    if (waitsFor) expect(step.waitsFor).toMatch(waitsFor);
    else expect(step.waitsFor).toBeUndefined();
  });

  it('comes to its end when each step does what it says, in order', () => {
    let remains = ALL;
    const seen: string[] = [];
    const effects: Record<string, Partial<Remains>> = {
      unschedule: { polls: 0 },
      'stop-exporter': { exporter: 'gone' },
      drain: { backlog: { status: 'known', messages: 0 } },
      'stop-consumer': { consumer: 'gone' },
      forget: { consumers: 0, backlog: { status: 'missing' } },
      revoke: { permitted: false },
      remove: { objects: 0 },
    };
    for (;;) {
      const { name } = nextStep(remains);
      seen.push(name);
      if (name === 'release') break;
      remains = { ...remains, ...effects[name] };
    }
    expect(seen).toEqual([...STEPS]);
  });

  it('counts what stays in the stream once the rest of it is worked off', () => {
    const left = (remains: Partial<Remains>) => nextStep({ ...NOTHING, ...remains }).left;
    expect(left({ consumer: 'there', documents: 3, backlog: { status: 'known', messages: 2 } })).toBeUndefined();
    expect(left({ consumer: 'there', documents: 3, backlog: { status: 'known', messages: 0 } })).toBe(3);
    expect(nextStep({ ...NOTHING, documents: 3 })).toEqual({ name: 'release', left: 3 });
    expect(nextStep(NOTHING)).toEqual({ name: 'release' });
  });

  it('keeps a source declared until its consumer has ended', () => {
    const declared = STEPS.filter((name) => isDeclared({ name }));
    expect(declared).toEqual(['unschedule', 'stop-exporter', 'drain', 'stop-consumer']);
  });
});

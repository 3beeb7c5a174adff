import { beforeEach, describe, expect, it } from 'vitest';
import { recordingLog } from '../../runtime/testing/log.ts';
import { ConflictError, ThrottledError } from './errors.ts';
import { WorkQueue, type WorkQueueOptions } from './queue.ts';
import { ManualClock, settle } from './testing/manual-clock.ts';

/** Work that a test lets end as it likes. */
interface Piece {
  readonly key: string;
  readonly atMs: number;
  readonly succeed: () => void;
  readonly fail: (error: Error) => void;
}

let clock: ManualClock;
let pieces: Piece[];
let stop: AbortController;
let log: ReturnType<typeof recordingLog>;

beforeEach(() => {
  clock = new ManualClock();
  pieces = [];
  stop = new AbortController();
  log = recordingLog();
});

function start(options: Partial<WorkQueueOptions> = {}): { queue: WorkQueue; ended: Promise<void> } {
  const work = (key: string): Promise<void> =>
    new Promise((succeed, fail) => {
      pieces.push({ key, atMs: clock.monotonicMs(), succeed, fail });
    });
  const queue = new WorkQueue({ work, log: log.log, clock, firstDelayMs: 100, maxDelayMs: 1_000, ...options });
  return { queue, ended: queue.run(stop.signal) };
}

const keys = (): string[] => pieces.map(({ key }) => key);
const piece = (index: number): Piece => pieces[index] as Piece;

async function finish(index: number, error?: Error): Promise<void> {
  if (error) piece(index).fail(error);
  else piece(index).succeed();
  await settle();
}

describe('WorkQueue', () => {
  it('does a key that was added several times once', async () => {
    const { queue } = start({ concurrency: 1 });
    for (const key of ['a', 'b', 'b', 'c', 'b']) queue.add(key);
    await settle();
    expect([keys(), queue.depth]).toEqual([['a'], 2]);
    for (const index of [0, 1, 2]) await finish(index);
    expect(keys()).toEqual(['a', 'b', 'c']);
  });

  it('works on several keys at once, on one key never twice', async () => {
    const { queue } = start({ concurrency: 3 });
    for (const key of ['a', 'b']) queue.add(key);
    await settle();
    queue.add('a');
    await settle();
    expect(keys()).toEqual(['a', 'b']);
    await finish(0);
    expect(keys()).toEqual(['a', 'b', 'a']);
    await finish(2);
    expect(keys()).toHaveLength(3);
  });

  it('does a failing key again, later each time, and from the start after a success', async () => {
    const { queue } = start();
    queue.add('a');
    await settle();
    for (let failure = 0; failure < 6; failure++) {
      await finish(failure, new Error('broken'));
      await clock.advance(1_000);
    }
    const waits = pieces.slice(1).map(({ atMs }, index) => atMs - piece(index).atMs);
    // Each next piece begins when due, and the clock then goes on to the whole second.
    expect(pieces.map(({ atMs }) => atMs)).toEqual([0, 100, 1_200, 2_400, 3_800, 5_000, 6_000]);
    expect(waits).toHaveLength(6);
    expect(log.lines[0]).toMatchObject({ key: 'a', failures: 1, delayMs: 100, reason: 'broken', level: 40 });
    await finish(6);
    queue.add('a');
    await settle();
    await finish(7, new Error('broken'));
    expect(log.lines.at(-1)).toMatchObject({ failures: 1, delayMs: 100 });
  });

  it('jitters the wait down to its half', async () => {
    clock.chance = 0;
    const { queue } = start();
    queue.add('a');
    await settle();
    await finish(0, new Error('broken'));
    expect(log.lines[0]).toMatchObject({ delayMs: 50 });
  });

  it('waits for as long as the API server asked', async () => {
    const { queue } = start();
    queue.add('a');
    await settle();
    await finish(0, new ThrottledError('too many', 5_000));
    await clock.advance(4_999);
    expect(pieces).toHaveLength(1);
    await clock.advance(1);
    expect(pieces).toHaveLength(2);
  });

  it('makes no fuss of a conflict', async () => {
    const { queue } = start();
    queue.add('a');
    await settle();
    await finish(0, new ConflictError('changed since'));
    expect(log.lines).toMatchObject([{ level: 20 }]);
    await clock.advance(100);
    expect(pieces).toHaveLength(2);
  });

  it('keeps the earliest of the wishes for later, and drops it when the key is added at once', async () => {
    const { queue } = start();
    queue.addAfter('a', 500);
    queue.addAfter('a', 300);
    queue.addAfter('a', 900);
    queue.addAfter('b', 200);
    queue.add('b');
    await clock.advance(2_000);
    expect(pieces.map(({ key, atMs }) => [key, atMs])).toEqual([
      ['b', 0],
      ['a', 300],
    ]);
  });

  it('remembers a wish for later that comes while the key is being worked on', async () => {
    const { queue } = start();
    queue.add('a');
    await settle();
    queue.addAfter('a', 100);
    await clock.advance(200);
    expect(keys()).toEqual(['a']);
    await finish(0);
    expect(keys()).toEqual(['a', 'a']);
  });

  it('works off what waits when it is shut down, and nothing else', async () => {
    const { queue, ended } = start({ concurrency: 1 });
    queue.addAfter('late', 10);
    for (const key of ['a', 'b']) queue.add(key);
    await settle();
    queue.shutDown();
    queue.add('c');
    await finish(0, new Error('broken'));
    await finish(1);
    await ended;
    await clock.advance(10_000);
    expect(keys()).toEqual(['a', 'b']);
    expect(clock.sleeping).toBe(0);
  });

  it('only finishes what is in hand when its signal aborts', async () => {
    const { queue, ended } = start({ concurrency: 1 });
    for (const key of ['a', 'b']) queue.add(key);
    await settle();
    let over = false;
    ended.then(() => {
      over = true;
    });
    stop.abort();
    await settle();
    expect(over).toBe(false);
    await finish(0, new Error('given up'));
    await ended;
    expect(keys()).toEqual(['a']);
    expect(log.lines).toEqual([]);
  });

  it('ends at once when there is nothing to do', async () => {
    const { queue, ended } = start();
    queue.shutDown();
    await ended;
    stop.abort();
    await new WorkQueue({ work: async () => {}, log: log.log }).run(stop.signal);
  });
});

import { beforeEach, describe, expect, it } from 'vitest';
import { StoppingError } from '../../runtime/errors.ts';
import { RateLimiter } from './rate-limit.ts';
import { ManualClock, settle } from './testing/manual-clock.ts';

const forever = new AbortController().signal;
let clock: ManualClock;
let sent: number[];

beforeEach(() => {
  clock = new ManualClock();
  sent = [];
});

async function send(limiter: RateLimiter, count: number, signal = forever): Promise<void> {
  for (let n = 0; n < count; n++) {
    limiter.take(signal).then(
      () => sent.push(clock.monotonicMs()),
      () => {},
    );
  }
  await settle();
}

describe('RateLimiter', () => {
  it('lets a burst through at once and the rest at its rate', async () => {
    await send(new RateLimiter({ qps: 20, burst: 3, clock }), 6);
    expect(sent).toEqual([0, 0, 0]);
    await clock.advance(1_000);
    expect(sent).toEqual([0, 0, 0, 50, 100, 150]);
  });

  it('saves no more than a burst', async () => {
    const limiter = new RateLimiter({ qps: 20, burst: 3, clock });
    await clock.advance(60_000);
    await send(limiter, 5);
    expect(sent).toHaveLength(3);
    await clock.advance(100);
    expect(sent).toEqual([60_000, 60_000, 60_000, 60_050, 60_100]);
  });

  it('holds everything when it is asked to, even what waits already', async () => {
    const limiter = new RateLimiter({ qps: 20, burst: 1, clock });
    await send(limiter, 2);
    limiter.holdFor(2_000);
    limiter.holdFor(500);
    await send(limiter, 1);
    await clock.advance(1_999);
    expect(sent).toEqual([0]);
    await clock.advance(1);
    expect(sent).toEqual([0, 2_000, 2_000]);
  });

  it('gives the place of those who gave up to others', async () => {
    const limiter = new RateLimiter({ qps: 20, burst: 1, clock });
    const impatient = new AbortController();
    await send(limiter, 1);
    await send(limiter, 10, impatient.signal);
    impatient.abort();
    await expect(limiter.take(impatient.signal)).rejects.toThrow(StoppingError);
    await send(limiter, 1);
    await clock.advance(50);
    expect(sent).toEqual([0, 50]);
  });

  it('refuses limits that let nothing through', () => {
    expect(() => new RateLimiter({ qps: 0 })).toThrow("can't limit to 0 a second and 40 at once");
  });
});

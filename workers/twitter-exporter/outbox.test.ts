import { describe, expect, it } from 'vitest';
import { waitFor } from '../../local/wait.ts';
import { PoisonError } from '../runtime/errors.ts';
import { Outbox, type Outgoing } from './outbox.ts';

const post = (id: number, data: string | null = `post ${id}`): Outgoing => ({
  id: String(id),
  data,
  messageId: `x.${id}`,
  origin: 'stream',
});

/** An outbox whose confirmations are the test's to give. */
function setUp(limits: { maxPosts?: number; maxCharacters?: number; concurrency?: number } = {}) {
  const waiting = new Map<string, { resolve: () => void; reject: (error: unknown) => void }>();
  const refused: string[] = [];
  const outbox = new Outbox('1', {
    ...limits,
    publish: ({ id }) => new Promise((resolve, reject) => void waiting.set(id as string, { resolve, reject })),
    onRefused: ({ id }) => refused.push(id as string),
  });
  const confirm = async (id: number): Promise<void> => {
    waiting.get(String(id))?.resolve();
    waiting.delete(String(id));
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { outbox, waiting, confirm, refused };
}

describe('the durable id', () => {
  it('is the newest before which everything is durable, in whatever order that came about', async () => {
    const { outbox, confirm } = setUp();
    for (const id of [5, 3, 7]) outbox.offer(post(id));
    expect(outbox.durableId).toBe('1');
    await confirm(7);
    expect(outbox.durableId).toBe('1');
    await confirm(5);
    expect(outbox.durableId).toBe('5');
    await confirm(3);
    expect(outbox.durableId).toBe('7');
    expect(outbox.size).toBe(0);
  });

  it('passes posts that are only seen, and those that nobody takes', async () => {
    const { outbox, waiting, confirm, refused } = setUp();
    outbox.offer(post(10, null));
    expect(outbox.durableId).toBe('10');
    outbox.offer(post(11));
    outbox.offer(post(12, null));
    outbox.offer(post(13));
    expect([...waiting.keys()]).toEqual(['11', '13']);
    waiting.get('13')?.reject(new PoisonError('too large'));
    await confirm(11);
    expect(refused).toEqual(['13']);
    expect(outbox.durableId).toBe('13');
  });
});

describe('the limits', () => {
  it('of posts and of characters make it refuse, until there is room', async () => {
    const { outbox, confirm } = setUp({ maxPosts: 3 });
    expect([1, 2, 3, 4].map((id) => outbox.offer(post(id)))).toEqual([true, true, true, false]);
    await confirm(1);
    expect(outbox.offer(post(4))).toBe(true);
    const { outbox: other } = setUp({ maxCharacters: 10 });
    expect([other.offer(post(1, 'x'.repeat(20))), other.offer(post(2, 'x'))]).toEqual([true, false]);
  });

  it('leave room for the stream while what was searched for waits', async () => {
    const { outbox, confirm } = setUp({ maxPosts: 4 });
    outbox.offer(post(1));
    outbox.offer(post(2));
    let taken = false;
    const putting = outbox.put(post(3)).then(() => {
      taken = true;
    });
    expect(outbox.offer(post(4))).toBe(true);
    await confirm(1);
    expect(taken).toBe(false);
    await confirm(2);
    await putting;
    expect(outbox.size).toBe(2);
  });

  it('of those on their way hold for any number of posts', async () => {
    let most = 0;
    let inFlight = 0;
    let published = 0;
    const outbox = new Outbox(null, {
      concurrency: 7,
      publish: async () => {
        most = Math.max(most, ++inFlight);
        await new Promise((resolve) => setImmediate(resolve));
        inFlight--;
        published++;
      },
      onRefused: () => {},
    });
    for (let id = 1; id <= 1_000; id++) outbox.offer(post(id));
    await outbox.flushed();
    expect({ most, published, durable: outbox.durableId }).toEqual({ most: 7, published: 1_000, durable: '1000' });
  });
});

it('is flushed when all that it had is durable, whatever came since', async () => {
  const { outbox, confirm } = setUp();
  outbox.offer(post(1));
  let flushed = false;
  const flushing = outbox.flushed().then(() => {
    flushed = true;
  });
  outbox.offer(post(2));
  await confirm(1);
  await flushing;
  expect(flushed).toBe(true);
  expect(outbox.size).toBe(1);
});

it('hands on what publishing fails with, and takes nothing more', async () => {
  const { outbox, waiting } = setUp({ concurrency: 1 });
  outbox.offer(post(1));
  outbox.offer(post(2));
  const flushing = outbox.flushed();
  waiting.get('1')?.reject(new Error('broken'));
  await expect(flushing).rejects.toThrow('broken');
  expect(() => outbox.offer(post(3))).toThrow('broken');
  await waitFor('nothing more to be begun', 1_000, () => waiting.size === 1);
});

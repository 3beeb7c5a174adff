import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LogFollower } from './log-follower.ts';
import { Warnings } from './warnings.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'newsjet-logs-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const file = (name: string): string => join(directory, name);
const entry = (second: number, msg: string, more: object = {}): string =>
  `${JSON.stringify({ level: 'info', time: new Date(second * 1_000).toISOString(), worker: 'w', msg, ...more })}\n`;
const all = () => true;
const messages = async (follower: LogFollower): Promise<string[]> =>
  (await follower.read(all)).map(({ message }) => message);

describe('LogFollower', () => {
  it('reads the files of a folder together, by time, and then what is added', async () => {
    writeFileSync(file('a.log'), entry(1, 'first') + entry(4, 'fourth'));
    writeFileSync(file('b.log'), `${entry(2, 'second')}    at a stack\n${entry(3, 'third')}`);
    writeFileSync(file('a.txt'), entry(0, 'no log'));
    const follower = await LogFollower.open(directory, 'start');
    expect(await messages(follower)).toEqual(['first', 'second', '    at a stack', 'third', 'fourth']);
    expect(await messages(follower)).toEqual([]);
    appendFileSync(file('a.log'), entry(5, 'fifth'));
    writeFileSync(file('later.log'), entry(6, 'sixth'));
    expect(await messages(follower)).toEqual(['fifth', 'sixth']);
  });

  it('begins at the end, but not of files that come later', async () => {
    writeFileSync(file('a.log'), entry(1, 'old'));
    const follower = await LogFollower.open(directory, 'end');
    appendFileSync(file('a.log'), entry(2, 'new'));
    writeFileSync(file('b.log'), entry(3, 'all of it'));
    expect(await messages(follower)).toEqual(['new', 'all of it']);
  });

  it('waits for the end of a line, in the middle of a character too, and takes more than it reads at once', async () => {
    const whole = Buffer.from(entry(1, `é${'x'.repeat(1_500_000)}é`));
    const cut = whole.lastIndexOf('é') + 1;
    writeFileSync(file('a.log'), whole.subarray(0, cut));
    const follower = await LogFollower.open(directory, 'start');
    expect(await messages(follower)).toEqual([]);
    appendFileSync(file('a.log'), whole.subarray(cut));
    const [message] = await messages(follower);
    expect([message?.length, message?.at(0), message?.at(-1)]).toEqual([1_500_002, 'é', 'é']);
  });

  it('begins anew with a file that was begun anew', async () => {
    writeFileSync(file('a.log'), entry(1, 'long ago') + entry(2, 'before'));
    const follower = await LogFollower.open(directory, 'start');
    await messages(follower);
    writeFileSync(file('a.log'), entry(3, 'now'));
    expect(await messages(follower)).toEqual(['now']);
  });
});

describe('Warnings', () => {
  it('are shown once a minute each, with how often they came meanwhile, and nothing else is', async () => {
    const follower = await LogFollower.open(directory, 'end');
    let now = 0;
    const warnings = new Warnings(follower, () => now);
    const next = async (seconds: number, ...lines: readonly string[]): Promise<string[]> => {
      now += seconds * 1_000;
      appendFileSync(file('a.log'), lines.join(''));
      // Without the time of day.
      return (await warnings.next(false)).map((line) => line.slice(9));
    };
    const failed = (second: number, feed = 'world') =>
      entry(second, 'poll failed', { level: 'warn', reason: 'no', feed, nextPollAt: second });
    expect(await next(0, entry(1, 'fine'), failed(1), entry(1, 'broken', { level: 'error' }))).toEqual([
      'WARN  w  poll failed: no  feed=world',
      'ERROR w  broken',
    ]);
    expect(await next(1, failed(2), failed(3, 'other'))).toEqual(['WARN  w  poll failed: no  feed=other']);
    expect(await next(30, failed(4))).toEqual([]);
    expect(await next(30, failed(5))).toEqual(['WARN  w  poll failed: no  feed=world (2 more since)']);
    expect(await next(1)).toEqual([]);
  });
});

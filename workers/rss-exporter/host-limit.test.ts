// Turns at a host: taken in order, given back however a task ends.
import { describe, expect, test } from 'vitest';
import { HostLimit } from './host-limit.ts';

/** A task that runs until it is told to end. */
function task() {
  let finish: (error?: Error) => void = () => undefined;
  let started = false;
  const done = new Promise<void>((resolve, reject) => {
    finish = (error) => (error ? reject(error) : resolve());
  });
  return {
    run: () => {
      started = true;
      return done;
    },
    finish: (error?: Error) => finish(error),
    started: () => started,
  };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('HostLimit', () => {
  const never = new AbortController().signal;

  test('runs two tasks of a host at once, the others in order of arrival', async () => {
    const limit = new HostLimit(2);
    const tasks = [task(), task(), task(), task()];
    const runs = tasks.map(({ run }) => limit.run('a.test', never, run));
    await settled();
    expect(tasks.map((t) => t.started())).toEqual([true, true, false, false]);
    tasks[1]?.finish();
    await settled();
    expect(tasks.map((t) => t.started())).toEqual([true, true, true, false]);
    for (const t of tasks) t.finish();
    await Promise.all(runs);
    expect(limit.size).toBe(0);
  });

  test('hosts do not wait for each other', async () => {
    const limit = new HostLimit(1);
    const [a, b] = [task(), task()];
    const runs = [limit.run('a.test', never, a.run), limit.run('b.test', never, b.run)];
    await settled();
    expect([a.started(), b.started()]).toEqual([true, true]);
    a.finish();
    b.finish();
    await Promise.all(runs);
  });

  test('a task that fails frees its place', async () => {
    const limit = new HostLimit(1);
    const [failing, next] = [task(), task()];
    const failed = limit.run('a.test', never, failing.run);
    const succeeded = limit.run('a.test', never, next.run);
    failing.finish(new Error('broken'));
    await expect(failed).rejects.toThrow('broken');
    next.finish();
    await succeeded;
    expect(limit.size).toBe(0);
  });

  test('a task that is given up while it waits never runs and holds no place', async () => {
    const limit = new HostLimit(1);
    const [first, givenUp, last] = [task(), task(), task()];
    const controller = new AbortController();
    const runs = [limit.run('a.test', never, first.run)];
    const aborted = limit.run('a.test', controller.signal, givenUp.run);
    runs.push(limit.run('a.test', never, last.run));
    controller.abort();
    await expect(aborted).rejects.toThrow(expect.objectContaining({ name: 'AbortError' }));
    first.finish();
    last.finish();
    await Promise.all(runs);
    expect(givenUp.started()).toBe(false);
    expect(last.started()).toBe(true);
    expect(limit.size).toBe(0);
  });

  test.each([0, -1, 1.5, Number.NaN])('refuses a limit of %s', (limit) => {
    expect(() => new HostLimit(limit)).toThrow(`not ${limit}`);
  });
});

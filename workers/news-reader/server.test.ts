// What the server says, and logs, of a database that fails.
import { MongoNetworkError, MongoServerError } from 'mongodb';
import { Registry } from 'prom-client';
import { afterEach, describe, expect, it } from 'vitest';
import { NEWS_API } from '../contract/news-api.ts';
import { type RunningServer, startServer } from './server.ts';

let server: RunningServer | undefined;

afterEach(() => server?.close());

/** Starts a server on a database whose answers are the given failures, one a question, and empty pages after them. */
async function start(...failures: Error[]) {
  const logged: string[] = [];
  let away = 0;
  const note = (...line: unknown[]): void => void logged.push(String(line.at(-1)));
  server = await startServer({
    host: '127.0.0.1',
    port: 0,
    archive: {
      read: async () => {
        const failure = failures.shift();
        if (failure) throw failure;
        return { documents: [] };
      },
      ping: async () => {},
    },
    publicUrl: '',
    registry: new Registry(),
    log: { info: note, warn: note, error: note } as never,
    onAway: () => away++,
  });
  const { url } = server;
  const ask = async () => {
    const answer = await fetch(url + NEWS_API.news);
    return { status: answer.status, retry: answer.headers.get('retry-after'), body: await answer.json() };
  };
  return { ask, logged, timesAway: () => away };
}

describe('a question', () => {
  it('that takes the database too long is told so, and the database not taken for away', async () => {
    const expired = new MongoServerError({ message: 'operation exceeded time limit', code: 50 });
    const { ask, logged, timesAway } = await start(expired);
    expect(await ask()).toEqual({
      status: 503,
      retry: '5',
      body: { error: 'this takes the database too long; ask for something rarer, or again in a moment' },
    });
    expect((await ask()).status).toBe(200);
    expect([logged, timesAway()]).toEqual([[], 0]);
  });

  it('that the database does not answer is told so, and the log says once when it is away and back', async () => {
    const { ask, logged, timesAway } = await start(
      new MongoNetworkError('closed'),
      new MongoServerError({ message: 'not primary', code: 10_107 }),
    );
    for (const _ of [1, 2]) {
      expect(await ask()).toEqual({
        status: 503,
        retry: '5',
        body: { error: 'the database does not answer; ask again in a moment' },
      });
    }
    expect((await ask()).status).toBe(200);
    expect([logged, timesAway()]).toEqual([['the database does not answer', 'the database answers again'], 2]);
  });
});

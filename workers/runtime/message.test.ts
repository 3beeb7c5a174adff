import { headers } from 'nats';
import { describe, expect, it } from 'vitest';
import { FEED_POLL } from '../contract/messages.ts';
import { PoisonError, reasonOf } from './errors.ts';
import { readMessage } from './message.ts';

function read(body: string, schema?: string): unknown {
  const all = headers();
  if (schema !== undefined) all.set('Nats-Schema', schema);
  return readMessage(FEED_POLL, { subject: 'FEEDS.due.a.b', headers: all, string: () => body });
}
const poll = { source: 'a', feed: 'b', url: 'https://a.example/', everyMs: null };

function refusal(body: string, schema?: string): string {
  try {
    return `read: ${JSON.stringify(read(body, schema))}`;
  } catch (error) {
    expect(error).toBeInstanceOf(PoisonError);
    return reasonOf(error);
  }
}

describe('readMessage', () => {
  it('gives a body that follows its schema, with what newer versions may add', () => {
    expect(read(JSON.stringify({ ...poll, added: 1 }))).toEqual({ ...poll, added: 1 });
  });

  it('reads every version of its type, and refuses what says that it is of another', () => {
    const body = JSON.stringify(poll);
    for (const schema of [undefined, '', 'FEEDS/1', 'FEEDS/2']) expect(read(body, schema)).toEqual(poll);
    expect(refusal(body, 'NEWS.received/1')).toBe(
      'the message on FEEDS.due.a.b says that it follows "NEWS.received/1", not FEEDS/1',
    );
    expect(refusal(body, 'FEEDS')).toMatch(/"FEEDS", not FEEDS\/1$/);
    expect(refusal(body, 'x'.repeat(1_000)).length).toBeLessThan(200);
  });

  it('refuses as poison what is not JSON', () => {
    expect(refusal('')).toMatch(/^the message on FEEDS\.due\.a\.b is not JSON: /);
    expect(refusal('{"source": "a",')).toMatch(/is not JSON/);
  });

  it('refuses as poison what breaks the schema, naming the path', () => {
    expect(refusal(JSON.stringify({ ...poll, everyMs: -1 }))).toMatch(
      /^the message on FEEDS\.due\.a\.b breaks its schema: .*\/everyMs/,
    );
    expect(refusal('null')).toMatch(/breaks its schema/);
  });
});

import { describe, expect, it } from 'vitest';
import { FEED_POLL } from '../contract/messages.ts';
import { PoisonError, reasonOf } from './errors.ts';
import { readMessage } from './message.ts';

const read = (body: string): unknown => readMessage(FEED_POLL, { subject: 'FEEDS.due.a.b', string: () => body });
const poll = { source: 'a', feed: 'b', url: 'https://a.example/', everyMs: null };

function refusal(body: string): string {
  try {
    return `read: ${JSON.stringify(read(body))}`;
  } catch (error) {
    expect(error).toBeInstanceOf(PoisonError);
    return reasonOf(error);
  }
}

describe('readMessage', () => {
  it('gives a body that follows its schema, with what newer versions may add', () => {
    expect(read(JSON.stringify({ ...poll, added: 1 }))).toEqual({ ...poll, added: 1 });
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

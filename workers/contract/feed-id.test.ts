import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { feedId, NAME_PATTERN } from './feed-id.ts';

const hash = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 8);

describe('feedId', () => {
  it.each([
    ['https://www.programmez.com/rss/rss_actu.php', 'programmez-com'],
    ['http://A.Example:8080/rss', 'a-example'],
    ['https://a.example?x', 'a-example'],
    ['https://3.example/rss', 'example'],
    ['https://192.0.2.1/rss', 'feed'],
    ['https://[2001:db8::1]/rss', 'feed'],
    ['newsroom:/agency.rss', 'agency-rss'],
    ['https://under_score.example/rss', 'under-score-example'],
    [`https://${'a'.repeat(60)}.example/rss`, 'a'.repeat(32)],
    ['https://a234567890123456789012345678901.example/rss', 'a234567890123456789012345678901'],
    ['', 'feed'],
  ])('names %j after its host: %s', (url, slug) => {
    const id = feedId(url);
    expect(id).toBe(`${slug}-${hash(url)}`);
    expect(id).toMatch(NAME_PATTERN);
  });

  it('differs with every part of the address', () => {
    const urls = ['https://a.example/', 'http://a.example/', 'https://a.example/1', 'https://a.example/?1'];
    expect(new Set(urls.map(feedId)).size).toBe(urls.length);
  });
});

describe('NAME_PATTERN', () => {
  it.each(['a', 'ab', 'a1', 'a-b', 'a--b', `a${'b'.repeat(47)}`])('allows %j', (name) => {
    expect(name).toMatch(NAME_PATTERN);
  });

  it.each(['', '1', 'A', '-a', 'a-', 'a.b', 'a b', 'a*', 'a>', 'a/b', 'é', 'a\n', `a${'b'.repeat(48)}`])(
    'refuses %j',
    (name) => {
      expect(name).not.toMatch(NAME_PATTERN);
    },
  );
});

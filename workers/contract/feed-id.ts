// A feed's id when the definition gives it no name: readable, stable, and safe as one token of a subject.
import { createHash } from 'node:crypto';

/** What a feed id (and a source name) looks like. */
export const NAME_PATTERN = /^[a-z][a-z0-9-]{0,47}$/;

/**
 * Derives the id of a feed from its address: the host, shortened, and eight hexadecimal digits of the address's SHA-256.
 * @example feedId('https://www.programmez.com/rss/rss_actu.php') // 'programmez-com-1b5b8e3c'
 */
export function feedId(url: string): string {
  const host = /^[a-z]+:\/*(?:www\.)?([^/:?#]*)/i.exec(url)?.[1] ?? '';
  const slug = host
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^[^a-z]+|-+$/g, '')
    .slice(0, 32);
  return `${slug || 'feed'}-${createHash('sha256').update(url).digest('hex').slice(0, 8)}`;
}

// A feed's id when the definition gives it no name: readable, stable, and safe as one token of a subject.
import { createHash } from 'node:crypto';

/**
 * What a feed id (and a source name) looks like. It ends in no dash, so that it may be the value of a Kubernetes label; with
 * 48 characters there is room for a role behind it in the 63 of a Kubernetes name and the 64 of a certificate's.
 */
export const NAME_PATTERN = /^[a-z](?:[a-z0-9-]{0,46}[a-z0-9])?$/;

/** What a name looks like, for messages about one that does not. */
export const NAME_FORM = 'lower-case letters, digits and dashes, a letter first, no dash last, at most 48';

/**
 * Derives the id of a feed from its address: the host, shortened, and eight hexadecimal digits of the address's SHA-256.
 * @example feedId('https://www.programmez.com/rss/rss_actu.php') // 'programmez-com-79e596be'
 */
export function feedId(url: string): string {
  const host = /^[a-z]+:\/*(?:www\.)?([^/:?#]*)/i.exec(url)?.[1] ?? '';
  const slug = host
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^[^a-z]+/, '')
    .slice(0, 32)
    .replace(/-+$/, '');
  return `${slug || 'feed'}-${createHash('sha256').update(url).digest('hex').slice(0, 8)}`;
}

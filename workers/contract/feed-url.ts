// The address of a feed as a definition may give it.
import { NEWSROOM_SCHEME } from './definition.ts';

/** What the address of a feed looks like, for messages about one that does not. */
export const FEED_URL_FORM = `an http or https address, or ${NEWSROOM_SCHEME}/… for a built-in feed`;

/**
 * Reads the address of a feed, in its normal form. A fragment is dropped: it is never sent to the feed's server, so two
 * addresses that differ in it alone are one feed.
 * @returns undefined when it is none that can be fetched
 */
export function parseFeedUrl(text: string): URL | undefined {
  if (!URL.canParse(text)) return undefined;
  const url = new URL(text);
  url.hash = '';
  const web = url.protocol === 'http:' || url.protocol === 'https:';
  const builtIn = url.protocol === NEWSROOM_SCHEME && url.host === '' && url.pathname.startsWith('/');
  return web || builtIn ? url : undefined;
}

// The texts of a news item out of the text of a post: its links expanded, and its first line as a title.

import { cleanText, decodeReferences, shorten } from '../runtime/text.ts';
import type { PostLink, PostVersion } from './post.ts';

/** A title is read at a glance: what is longer stands in the description. */
const MAX_TITLE = 200;

/** Of a line so much is looked at for a title. */
const MAX_LINE = 2_000;
const LINK = /https?:\/\/\S+/g;
const HASHTAG = '[#＃][\\p{L}\\p{M}\\p{N}_]+';
const TRAILING_HASHTAGS = new RegExp(`(?:(?:^|(?<=[\\s\\p{P}]))${HASHTAG}[\\s,.;·|]*)+$`, 'u');
/** What led to a link or a hashtag that is gone. */
const DANGLING = /(?:[\s:–—\-|→➡👉▶⬇↓>]|\ufe0f)+$/u;

/** The whole text as one paragraph, each shortened link replaced by where it leads. */
export const descriptionOf = ({ text, links }: PostVersion): string =>
  cleanText(replaceLinks(text, (url) => expand(url, links)));

/**
 * The first line that says something, without links and the hashtags at its end. A post of links and hashtags alone is called
 * what its link is called, else by its hashtags, its link, or its author.
 */
export function titleOf(version: PostVersion): string {
  const { text, links, author } = version;
  const lines = text.split(/[\r\n\u2028\u2029]+/).map(titleLine);
  const title =
    lines.find((line) => line !== '') ??
    links.map((link) => cleanText(link.title)).find((linkTitle) => linkTitle !== '') ??
    hashtagWords(text) ??
    links.map((link) => link.expanded.replace(/^https?:\/\/(?:www\.)?/, '')).find((address) => address !== '') ??
    `Post by ${author?.name || author?.username || 'an unknown author'}`;
  return shorten(title, MAX_TITLE);
}

function titleLine(line: string): string {
  const start = line.slice(0, MAX_LINE);
  const bare = cleanText(replaceLinks(start, () => ' '));
  const isCut = bare !== cleanText(decodeReferences(start));
  const untagged = bare.replace(TRAILING_HASHTAGS, '').trimEnd();
  const said = isCut || untagged !== bare ? untagged.replace(DANGLING, '') : untagged;
  // Punctuation alone is no title.
  return /[\p{L}\p{N}]/u.test(said) ? said : '';
}

function hashtagWords(text: string): string | undefined {
  const words = decodeReferences(text).match(new RegExp(HASHTAG, 'gu'));
  return words?.map((word) => word.slice(1).replaceAll('_', ' ')).join(' ');
}

/** Replaces links; what is between them has its references decoded, what is in them stays as it is. */
function replaceLinks(text: string, replace: (url: string) => string): string {
  let result = '';
  let end = 0;
  for (const { 0: found, index } of text.matchAll(LINK)) {
    const url = /^https?:\/\/t\.co\/[A-Za-z0-9]+/.exec(found)?.[0] ?? found;
    result += decodeReferences(text.slice(end, index)) + replace(url);
    end = index + url.length;
  }
  return result + decodeReferences(text.slice(end));
}

const expand = (url: string, links: readonly PostLink[]): string =>
  links.find((link) => link.url === url)?.expanded ?? decodeReferences(url);

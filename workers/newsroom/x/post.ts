// A post as the simulator holds it, and how it comes about: links shortened to t.co, hashtags and mentions found.
import { createHash } from 'node:crypto';

/** An account that posts. */
export interface XUser {
  /** Digits. */
  readonly id: string;
  /** At most 15 letters, digits and underscores. */
  readonly username: string;
  readonly name: string;
  readonly description?: string;
  readonly verified?: boolean;
}

/** A link in a post: as the text has it, and where it leads. */
export interface PostLink {
  /** `https://t.co/…` */
  readonly url: string;
  readonly expandedUrl: string;
  /** Without scheme, shortened. */
  readonly displayUrl: string;
}

/** A post. */
export interface Post {
  readonly id: string;
  readonly createdAt: Date;
  readonly author: XUser;
  /** BCP 47 tag. */
  readonly language: string;
  /** The whole text, with links shortened; plain, so `&` is `&`. */
  readonly text: string;
  readonly links: readonly PostLink[];
  /** Its versions before it was edited, the oldest first. */
  readonly earlier: readonly Post[];
}

/** Ids of all versions of a post, the oldest first, its own last. */
export const historyOf = ({ id, earlier }: Post): readonly string[] => [...earlier.map((post) => post.id), id];

/** What to post. */
export interface PostDraft {
  /** Plain text; http and https links in it are shortened to t.co. */
  readonly text: string;
  /** @default an account of the simulator's own */
  readonly author?: XUser;
  /** BCP 47 tag. @default en */
  readonly language?: string;
  /** @default the next id */
  readonly id?: string;
  /** @default the time of the id */
  readonly createdAt?: Date;
}

/** Code points in a post that is not a long one. */
export const SHORT_POST_LENGTH = 280;

export const HASHTAG = /(?<![\p{L}\p{M}\p{N}_&#])#([\p{L}\p{M}\p{N}_]*[\p{L}\p{M}][\p{L}\p{M}\p{N}_]*)/gu;
export const MENTION = /(?<![p{L}p{M}p{N}_@])@([A-Za-z0-9_]{1,15})(?![A-Za-z0-9_@])/g;
const LINK = /https?:\/\/[^\s<>"]*[^\s<>".,;:!?)\]]/g;
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
const DISPLAY_LENGTH = 26;

/** The t.co address of a link; the same link always has the same one. */
export function shortLink(url: string): string {
  const digest = createHash('sha256').update(url).digest();
  return `https://t.co/${[...digest.subarray(0, 10)].map((byte) => ALPHABET[byte % ALPHABET.length]).join('')}`;
}

/** Shortens the links of a text. */
export function shortenLinks(text: string): { readonly text: string; readonly links: readonly PostLink[] } {
  const links: PostLink[] = [];
  const shortened = text.replace(LINK, (expandedUrl) => {
    const address = expandedUrl.replace(/^https?:\/\/(?:www\.)?/, '');
    const displayUrl = address.length > DISPLAY_LENGTH ? `${address.slice(0, DISPLAY_LENGTH)}…` : address;
    const link = { url: shortLink(expandedUrl), expandedUrl, displayUrl };
    links.push(link);
    return link.url;
  });
  return { text: shortened, links };
}

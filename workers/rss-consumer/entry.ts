// What the readers of all formats have in common: a feed and its entries as found, before they become news items.

/**
 * A text as a feed carries it. `html` is markup; `literal` is plain text to be taken as it is; `text` is plain text too,
 * but from where publishers often escape once too much, so that character references left in it are decoded.
 */
export interface FeedText {
  readonly kind: 'html' | 'text' | 'literal';
  readonly value: string;
}

/** An address as written, with the absolute `xml:base` in force where it was written, if any. */
export interface FeedAddress {
  readonly href: string;
  readonly base: string | undefined;
}

/** One entry. Every list holds candidates, best first; nothing in it has been checked or cleaned. */
export interface FeedEntry {
  readonly titles: readonly FeedText[];
  readonly descriptions: readonly FeedText[];
  readonly dates: readonly string[];
  readonly links: readonly FeedAddress[];
  readonly images: readonly FeedAddress[];
  readonly author: string;
  readonly language: string;
}

/** A whole document, as one reader understood it. */
export interface Feed {
  /** The page that the feed belongs to, as candidates; relative addresses of entries refer to it. */
  readonly links: readonly FeedAddress[];
  /** Author of the entries that name none; empty when there is no such thing. */
  readonly author: string;
  readonly language: string;
  readonly entries: readonly FeedEntry[];
  /** Entries that had begun but could not be kept, such as one that the end of the document cuts off. */
  readonly lost: number;
}

// Whether a post matches a query.
import { HASHTAG, MENTION, type Post } from './post.ts';
import { type Query, splitWords } from './query.ts';

/** What queries look at, computed once a post. */
export interface SearchablePost {
  readonly words: readonly string[];
  readonly features: Readonly<Record<'hashtag' | 'mention' | 'from' | 'lang' | 'has', ReadonlySet<string>>>;
}

/** Prepares a post for queries. */
export function indexPost(post: Post): SearchablePost {
  const text = post.text.normalize('NFC').toLowerCase();
  const hashtag = new Set([...text.matchAll(HASHTAG)].map(([, tag]) => tag as string));
  const mention = new Set([...text.matchAll(MENTION)].map(([, name]) => name as string));
  const has = [
    ...(post.links.length > 0 ? ['links'] : []),
    ...(hashtag.size > 0 ? ['hashtags'] : []),
    ...(mention.size > 0 ? ['mentions'] : []),
  ];
  return {
    words: splitWords(text.replace(/https?:\/\/\S+/g, ' ')),
    features: {
      hashtag,
      mention,
      has: new Set(has),
      from: new Set([post.author.username.toLowerCase(), post.author.id]),
      lang: new Set([post.language.toLowerCase()]),
    },
  };
}

/** Tells whether a post matches; there are no retweets, replies, quotes or accounts with a badge. */
export function matches(query: Query, post: SearchablePost): boolean {
  switch (query.kind) {
    case 'and':
      return query.terms.every((term) => matches(term, post));
    case 'or':
      return query.terms.some((term) => matches(term, post));
    case 'not':
      return !matches(query.term, post);
    case 'words':
      return containsWords(post.words, query.words);
    case 'is':
      return false;
    default:
      return post.features[query.kind].has(query.value);
  }
}

const containsWords = (all: readonly string[], wanted: readonly string[]): boolean =>
  all.some((_, start) => wanted.every((word, offset) => all[start + offset] === word));

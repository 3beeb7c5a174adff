// A post as the X API writes it, as far as news are made of it, read from a raw document with care.
import { PoisonError } from '../runtime/errors.ts';

/** A shortened link in a text, and where it leads. */
export interface PostLink {
  /** `https://t.co/…`, as the text has it. */
  readonly url: string;
  readonly expanded: string;
  /** Title of the page behind it; empty when the API does not know. */
  readonly title: string;
}

/** One version of a post. */
export interface PostVersion {
  readonly id: string;
  /** Whole, also when it is a long one; with character references. */
  readonly text: string;
  readonly links: readonly PostLink[];
  readonly createdAt: string;
  readonly language: string;
  readonly author: { readonly name: string; readonly username: string } | null;
  /** Addresses of what is attached that can be seen, in order. */
  readonly images: readonly string[];
}

/** A post with what belongs to it. */
export interface Post extends PostVersion {
  /** Ids of all its versions, the first one first. */
  readonly history: readonly string[];
  /** The first version, when this is an edited one and the API sent the first along. */
  readonly original: PostVersion | null;
}

type Fields = Readonly<Record<string, unknown>>;

const fieldsOf = (value: unknown): Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {};
const listOf = (value: unknown): Fields[] => (Array.isArray(value) ? value.map(fieldsOf) : []);
const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

/**
 * Reads an object of the stream. Of a post that only repeats another, it is that other that is news.
 * @throws {PoisonError} saying why it is no post
 */
export function readPost(data: string): Post {
  let object: Fields;
  try {
    object = fieldsOf(JSON.parse(data));
  } catch (error) {
    throw new PoisonError('the post is not JSON', { cause: error });
  }
  const includes = fieldsOf(object.includes);
  const tweets = listOf(includes.tweets);
  const find = (id: unknown): Fields | undefined => tweets.find((tweet) => id !== undefined && tweet.id === id);
  const posted = fieldsOf(object.data);
  const repeated = listOf(posted.referenced_tweets).find(({ type }) => type === 'retweeted');
  const post = find(repeated?.id) ?? posted;
  const version = readVersion(post, includes);
  const history = Array.isArray(post.edit_history_tweet_ids) ? post.edit_history_tweet_ids.filter(isId) : [];
  const firstId = history[0] ?? version.id;
  const first = firstId === version.id ? undefined : find(firstId);
  return {
    ...version,
    history: history.length > 0 ? history : [version.id],
    original: first && textOf(first.text) !== '' ? readVersion(first, includes) : null,
  };
}

const isId = (value: unknown): value is string => typeof value === 'string' && /^\d{1,19}$/.test(value);

function readVersion(post: Fields, includes: Fields): PostVersion {
  const { id } = post;
  if (!isId(id)) throw new PoisonError('the post has no id: data.id must be a text of digits');
  const note = fieldsOf(post.note_tweet);
  const text = textOf(note.text) || textOf(post.text);
  if (text.trim() === '') throw new PoisonError(`the post ${id} has no text: data.text must be a text`);
  const author = listOf(includes.users).find((user) => user.id === post.author_id && post.author_id !== undefined);
  const keys: readonly unknown[] = (fieldsOf(post.attachments).media_keys as unknown[] | undefined) ?? [];
  const media = listOf(includes.media).filter(({ media_key }) => Array.isArray(keys) && keys.includes(media_key));
  return {
    id,
    text,
    links: [...readLinks(note.entities), ...readLinks(post.entities)],
    createdAt: textOf(post.created_at),
    language: textOf(post.lang),
    author: author ? { name: textOf(author.name), username: textOf(author.username) } : null,
    images: media.map(({ url, preview_image_url }) => textOf(url) || textOf(preview_image_url)),
  };
}

function readLinks(entities: unknown): PostLink[] {
  return listOf(fieldsOf(entities).urls).flatMap((link) => {
    const url = textOf(link.url);
    if (url === '') return [];
    const expanded = textOf(link.unwound_url) || textOf(link.expanded_url) || url;
    return [{ url, expanded, title: textOf(link.title) }];
  });
}

// Posts and users as the API writes them: the default fields and those that were asked for, nothing else.
import type { Selection } from './fields.ts';
import {
  HASHTAG,
  historyOf,
  MENTION,
  type Post,
  type PostLink,
  SHORT_POST_LENGTH,
  shortLink,
  type XUser,
} from './post.ts';
import { timeOfId } from './snowflake.ts';

/** One or more posts with what they refer to, as in a stream's object or a search's answer. */
export interface PostObjects {
  readonly data: readonly object[];
  readonly includes?: { readonly users?: readonly object[]; readonly tweets?: readonly object[] };
}

const EDITABLE_MS = 3_600_000;
const MOST_EDITS = 5;

/** Writes posts. */
export function writePosts(posts: readonly Post[], selection: Selection): PostObjects {
  const { expansions } = selection;
  const data = posts.map((post) => writePost(post, selection));
  const authors = new Map(expansions.has('author_id') ? posts.map(({ author }) => [author.id, author]) : []);
  const versions = new Set(expansions.has('edit_history_tweet_ids') ? posts.flatMap(({ earlier }) => earlier) : []);
  if (authors.size === 0 && versions.size === 0) return { data };
  return {
    data,
    includes: {
      ...(authors.size > 0 ? { users: [...authors.values()].map((user) => writeUser(user, selection)) } : {}),
      ...(versions.size > 0 ? { tweets: [...versions].map((post) => writePost(post, selection)) } : {}),
    },
  };
}

function writePost(post: Post, { tweetFields, expansions }: Selection): object {
  const { text, longText } = servedTexts(post);
  const fields: Readonly<Record<string, () => unknown>> = {
    author_id: () => post.author.id,
    conversation_id: () => historyOf(post)[0],
    created_at: () => writeTime(post.createdAt),
    edit_controls: () => writeEditControls(post),
    entities: () => findEntities(text, post.links),
    lang: () => post.language,
    note_tweet: () => (longText === undefined ? undefined : writeNote(longText, post.links)),
    possibly_sensitive: () => false,
    public_metrics: () => ({
      retweet_count: 0,
      reply_count: 0,
      like_count: 0,
      quote_count: 0,
      bookmark_count: 0,
      impression_count: 0,
    }),
    reply_settings: () => 'everyone',
  };
  const asked = new Set(tweetFields);
  // An expansion brings the field that it expands.
  if (expansions.has('author_id')) asked.add('author_id');
  const object: Record<string, unknown> = { id: post.id, text, edit_history_tweet_ids: historyOf(post) };
  for (const name of asked) {
    const value = fields[name]?.();
    if (value !== undefined) object[name] = value;
  }
  return object;
}

function writeNote(text: string, links: readonly PostLink[]): object {
  const entities = findEntities(text, links);
  return { text, ...(entities ? { entities } : {}) };
}

function writeUser(user: XUser, { userFields }: Selection): object {
  const fields: Readonly<Record<string, unknown>> = {
    created_at: '2021-03-01T09:00:00.000Z',
    description: user.description ?? '',
    protected: false,
    verified: user.verified ?? false,
    verified_type: user.verified ? 'business' : 'none',
    url: '',
  };
  const object: Record<string, unknown> = { id: user.id, name: user.name, username: user.username };
  for (const name of userFields) if (name in fields) object[name] = fields[name];
  return object;
}

/** The API has whole seconds, written with three zeros. */
const writeTime = (date: Date): string => `${date.toISOString().slice(0, 19)}.000Z`;

function writeEditControls(post: Post): object {
  const history = historyOf(post);
  const firstMs = timeOfId(history[0] as string);
  return {
    edits_remaining: MOST_EDITS - (history.length - 1),
    is_edit_eligible: true,
    editable_until: new Date(firstMs + EDITABLE_MS).toISOString(),
  };
}

/** Texts have `&`, `<` and `>` as references, and a long one is cut in `text` and whole in `note_tweet`. */
function servedTexts(post: Post): { readonly text: string; readonly longText?: string } {
  const points = [...post.text];
  if (points.length <= SHORT_POST_LENGTH) return { text: escapeText(post.text) };
  const link = shortLink(`https://x.com/${post.author.username}/status/${historyOf(post)[0]}`);
  const start = points.slice(0, SHORT_POST_LENGTH - link.length - 2).join('');
  // A cut link would be no link any more.
  const cut = start.replace(/\s*https?:\S*$/, '').trimEnd();
  return { text: escapeText(`${cut}… ${link}`), longText: escapeText(post.text) };
}

const escapeText = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/** Finds links, hashtags and mentions; places are counted in code points of the text as it is served. */
function findEntities(text: string, links: readonly PostLink[]): object | undefined {
  const place = (start: number, length: number) => {
    const before = [...text.slice(0, start)].length;
    return { start: before, end: before + [...text.slice(start, start + length)].length };
  };
  const urls = [...text.matchAll(/https:\/\/t\.co\/[A-Za-z0-9]+/g)].flatMap(({ 0: url, index }) => {
    const link = links.find((each) => each.url === url);
    const { expandedUrl, displayUrl } = link ?? { expandedUrl: url, displayUrl: url.slice('https://'.length) };
    return [{ ...place(index, url.length), url, expanded_url: expandedUrl, display_url: displayUrl }];
  });
  const hashtags = [...text.matchAll(HASHTAG)].map(({ 0: found, 1: tag, index }) => ({
    ...place(index, found.length),
    tag,
  }));
  const mentions = [...text.matchAll(MENTION)].map(({ 0: found, 1: username, index }) => ({
    ...place(index, found.length),
    username,
  }));
  const entities = Object.entries({ urls, hashtags, mentions }).filter(([, found]) => found.length > 0);
  return entities.length > 0 ? Object.fromEntries(entities) : undefined;
}

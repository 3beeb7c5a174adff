// From a post to a news item that follows its schema.
import type { IdentityRule } from '../contract/definition.ts';
import { newsId } from '../contract/identity.ts';
import { NEWS_LIMITS, type NewsItem } from '../contract/messages.ts';
import { cleanText, shorten } from '../runtime/text.ts';
import type { Post, PostVersion } from './post.ts';
import { descriptionOf, titleOf } from './post-text.ts';

/**
 * Makes a news item. Its link always leads to the post's first version, and its id is that version's: what editing makes of a
 * post is the same news. By title that takes the first version's text, which comes along where X still has it. Where it does
 * not, the edited title counts: the same news if the edit left the title as it was, news of its own otherwise. Better twice
 * than never, or than an id by link, under which neither the post nor a feed's item would be found again.
 */
export function toItem(post: Post, context: { readonly source: string; readonly identity: IdentityRule }): NewsItem {
  const { source, identity } = context;
  const title = titleOf(post);
  const link = linkOf(post);
  const author = authorOf(post);
  const image = post.images.find(
    (address) => /^https?:\/\/\S+$/.test(address) && address.length <= NEWS_LIMITS.address,
  );
  const language = languageTag(post.language);
  return {
    title,
    description: shorten(descriptionOf(post), NEWS_LIMITS.description),
    date: readDate(post.createdAt),
    link,
    id: newsId(identity, { title: post.original ? titleOf(post.original) : title, link }),
    source,
    ...(author === '' ? {} : { author }),
    ...(image === undefined ? {} : { image }),
    ...(language === '' ? {} : { language }),
  };
}

/** X finds a post by its id under any name; `i` stands for nobody. */
function linkOf({ author, history, id }: Post): string {
  const username = /^\w{1,50}$/.test(author?.username ?? '') ? author?.username : 'i';
  return `https://x.com/${username}/status/${history[0] ?? id}`;
}

function authorOf({ author }: PostVersion): string {
  const name = cleanText(author?.name ?? '') || (author?.username ? `@${author.username}` : '');
  return shorten(name, NEWS_LIMITS.author);
}

function readDate(text: string): string | null {
  const date = new Date(text);
  return text === '' || Number.isNaN(date.getTime()) ? null : date.toISOString();
}

/** X has codes for "no language" and for posts of hashtags, media or links alone. */
function languageTag(code: string): string {
  if (!/^[a-z]{2,3}(?:-[a-z\d-]+)?$/i.test(code) || /^(?:und|zxx|art|q[a-z]{2})$/i.test(code)) return '';
  try {
    const [tag = ''] = Intl.getCanonicalLocales(code);
    return tag.length <= NEWS_LIMITS.language ? tag : '';
  } catch {
    return '';
  }
}

// The posts of the edition: a tenth of them repeat titles of its feeds, all others are news of their own.
import { newsId } from '../../contract/identity.ts';
import type { Draft } from '../desks/desk.ts';
import { PAPERS, type Paper } from '../papers.ts';
import { Random } from '../random.ts';
import { publishDraft, type Story } from '../story.ts';
import { restyleTitle } from '../typography.ts';
import { PAPER_ACCOUNTS, READER_ACCOUNTS } from './accounts.ts';
import { writeMore } from './live-posts.ts';
import type { PostDraft, XUser } from './post.ts';
import { writePostText } from './post-writer.ts';

/** A post of the edition: who posts what, without an id, which it gets when it is published. */
export interface EditionPost extends Omit<PostDraft, 'id' | 'createdAt'> {
  /** What has to become its title. */
  readonly title: string;
  /** Where its link leads; of a post that repeats a title, the feed's item. */
  readonly story: Story;
  readonly repeats: boolean;
}

const HASHTAG = 'NewsroomEdition';

/** The rules that between them match each post of the edition once. */
export const EDITION_RULES: readonly { readonly value: string; readonly tag: string }[] = [
  { value: `#${HASHTAG} lang:en`, tag: 'edition-en' },
  { value: `#${HASHTAG} lang:fr`, tag: 'edition-fr' },
];

const REPEATED_EVERY = 10;
const REPEATED_AT = 4;
const LONG_EVERY = 25;
const FIRST_DATE = Date.UTC(2025, 0, 6, 6);
const MINUTE_MS = 60_000;

/** What the posts are made from. */
export interface EditionPostOptions {
  /** A multiple of 10. */
  readonly count: number;
  /** The feeds' items, with a title for each tenth post at least. */
  readonly stories: readonly Story[];
  /** Writes news with a title that nothing else in the edition has. */
  readonly writeNew: (paper: Paper) => Draft;
  /** The newsroom's address, without a slash at the end. */
  readonly baseUrl: string;
}

/**
 * Writes the posts.
 * @throws {RangeError} when the number can't be divided so, or there are too few items to repeat
 */
export function writeEditionPosts({ count, stories, writeNew, baseUrl }: EditionPostOptions): readonly EditionPost[] {
  const titles = new Map(stories.map((story) => [newsId('title', { title: story.title, link: '' }), story]));
  if (!Number.isInteger(count) || count < 0 || count % REPEATED_EVERY !== 0 || count / REPEATED_EVERY > titles.size) {
    const most = titles.size * REPEATED_EVERY;
    throw new RangeError(`an edition can't have ${count} posts: allowed are multiples of 10 from 0 to ${most}`);
  }
  const repeatable = new Random('edition', 'repeated').shuffle([...titles.values()]);
  return Array.from({ length: count }, (_, index) => {
    const random = new Random('edition', 'post', index);
    const repeats = index % REPEATED_EVERY === REPEATED_AT;
    const content = repeats
      ? repeat(repeatable[Math.floor(index / REPEATED_EVERY)] as Story, random)
      : writeOwn(index, writeNew, random);
    const more = index % LONG_EVERY === 0 ? { more: writeMore(content.story, random) } : {};
    return {
      ...content,
      repeats,
      language: content.story.language,
      text: writePostText({ ...content, hashtags: [HASHTAG], ...more }, baseUrl, random),
    };
  });
}

type Content = Pick<EditionPost, 'title' | 'story'> & { readonly author: XUser };

const repeat = (story: Story, random: Random): Content => ({
  title: restyleTitle(story.title, random),
  story,
  author: random.pick(READER_ACCOUNTS),
});

function writeOwn(index: number, writeNew: (paper: Paper) => Draft, random: Random): Content {
  const paper = PAPERS[index % PAPERS.length] as Paper;
  const imprint = {
    id: `edition-x-${index + 1}`,
    date: new Date(FIRST_DATE + index * MINUTE_MS),
    author: paper.title,
  };
  const story = publishDraft(writeNew(paper), imprint, random);
  return { title: story.title, story, author: PAPER_ACCOUNTS.get(paper.name) as XUser };
}

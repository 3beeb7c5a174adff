// The live posts: as with the live feeds, who posts what and when follows from the seed and the clock.
import { writeDraft } from '../desks/desk.ts';
import { agencyStories, type LiveOptions, ROUND_SLOTS } from '../live.ts';
import { PAPERS, type Paper } from '../papers.ts';
import { Random } from '../random.ts';
import { publishDraft, type Story } from '../story.ts';
import { restyleTitle } from '../typography.ts';
import { PAPER_ACCOUNTS, READER_ACCOUNTS } from './accounts.ts';
import type { PostDraft, XUser } from './post.ts';
import { writePostText } from './post-writer.ts';
import { idAt } from './snowflake.ts';

/** The hashtag of every live post: a rule `#newsroom` collects them all. */
export const LIVE_HASHTAG = 'newsroom';

// There is a post for every second slot of the live feeds, so half as many in a round as items. Some of them pass on what
// the agency wrote in the round before, each another story; the others are news of their own.
const SLOTS_PER_POST = 2;
const POSTS_IN_ROUND = ROUND_SLOTS / SLOTS_PER_POST;
const REPEATS_IN_ROUND = 2;
const LONG_CHANCE = 0.1;
const POST_ID = /^x-([0-9a-z]{1,9})$/;

/** Time between two live posts, in milliseconds. */
export const postIntervalMs = ({ intervalMs }: LiveOptions): number => SLOTS_PER_POST * intervalMs;

/** The numbers of the posts after one moment and until another, in order. @param afterMs milliseconds since 1970 */
export function livePostNumbers(afterMs: number, untilMs: number, options: LiveOptions): readonly number[] {
  const step = postIntervalMs(options);
  const first = Math.floor(afterMs / step) + 1;
  return Array.from({ length: Math.max(0, Math.floor(untilMs / step) - first + 1) }, (_, index) => first + index);
}

/** The live post of a number. @param baseUrl the newsroom's address, without a slash at the end */
export function livePost(number: number, baseUrl: string, options: LiveOptions): PostDraft {
  const { title, story, author } = contentOf(number, options);
  const random = new Random(options.seed, 'x-text', number);
  const more = random.chance(LONG_CHANCE) ? { more: writeMore(story, random) } : {};
  return {
    id: idAt(number * postIntervalMs(options), number % 4_096),
    text: writePostText({ title, story, hashtags: [LIVE_HASHTAG], ...more }, baseUrl, random),
    author,
    language: story.language,
  };
}

/** Finds the story of a live post by its id. @returns undefined when there is none, or not yet */
export function livePostStory(id: string, now: number, options: LiveOptions): Story | undefined {
  const number = Number.parseInt(POST_ID.exec(id)?.[1] ?? '', 36);
  if (!(number * postIntervalMs(options) <= now) || storyId(number) !== id) return undefined;
  const { story } = contentOf(number, options);
  return story.id === id ? story : undefined;
}

const storyId = (number: number): string => `x-${number.toString(36)}`;

function contentOf(
  number: number,
  options: LiveOptions,
): { readonly title: string; readonly story: Story; readonly author: XUser } {
  const random = new Random(options.seed, 'x-post', number);
  const round = Math.floor(number / POSTS_IN_ROUND);
  const places = new Random(options.seed, 'x-round', round).shuffle([...new Array(POSTS_IN_ROUND).keys()]);
  const place = places[number % POSTS_IN_ROUND] as number;
  const repeated = place < REPEATS_IN_ROUND && round > 0 ? agencyStories(round - 1, options)[place] : undefined;
  if (repeated) {
    return { title: restyleTitle(repeated.title, random), story: repeated, author: random.pick(READER_ACCOUNTS) };
  }
  const paper = random.pick(PAPERS) as Paper;
  const imprint = { id: storyId(number), date: new Date(number * postIntervalMs(options)), author: paper.title };
  const story = publishDraft(writeDraft(paper.desk, random), imprint, random);
  return { title: story.title, story, author: PAPER_ACCOUNTS.get(paper.name) as XUser };
}

/** Enough in the story's language to be more than a short post can hold. */
export function writeMore(story: Pick<Story, 'language'>, random: Random): readonly string[] {
  const desks = PAPERS.map(({ desk }) => desk).filter(({ voice }) => voice.language === story.language);
  return [random.pick(desks), random.pick(desks)].flatMap((desk) => {
    const { title, sentences } = writeDraft(desk, random);
    return [`${title}.`, ...sentences];
  });
}

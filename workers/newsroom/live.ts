// The live feeds: who publishes what and when follows from the seed and the clock, so nothing is stored and replicas agree.
import { type Draft, writeDraft } from './desks/desk.ts';
import type { RenderedDocument } from './formats/channel.ts';
import { FORMATS } from './formats/formats.ts';
import { AGENCY, AGENCY_DESKS, feedPath, PAPERS, type Paper } from './papers.ts';
import { Random } from './random.ts';
import { publishDraft, repeatDraft, type Story } from './story.ts';

/** What the live feeds depend on, besides the clock. */
export interface LiveOptions {
  readonly seed: string;
  /** Time between two items over all feeds, in milliseconds. */
  readonly intervalMs: number;
}

export const DEFAULT_LIVE: LiveOptions = { seed: 'newsroom', intervalMs: 1_500 };

/** Items in a live feed. */
export const LIVE_ITEMS = 20;

type Publisher = Paper | typeof AGENCY;

// Time is divided into slots of `intervalMs`, one story each, and slots into rounds. In a round every paper has one slot
// and the agency has three, in an order of its own. A paper that finds an agency story for its desk in the round before
// (or two or three before, each paper has its own delay) repeats it: never one twice, as each round is looked at once.
const AGENCY_SLOTS = 3;
const PUBLISHERS: readonly Publisher[] = [...new Array<Publisher>(AGENCY_SLOTS).fill(AGENCY), ...PAPERS];
const ROUND = PUBLISHERS.length;
const LONGEST_DELAY = 3;
const SLOT_ID = /^[0-9a-z]{1,9}$/;

/** The live feeds' names and paths. */
export const LIVE_FEEDS: readonly { readonly name: string; readonly path: string; readonly publisher: Publisher }[] = [
  AGENCY,
  ...PAPERS,
].map((publisher) => ({ name: publisher.name, path: feedPath(publisher), publisher }));

/** The latest stories of a live feed, newest first, and as rendered. */
export interface LiveFeed {
  readonly stories: readonly Story[];
  /** Renders the feed's document. @param baseUrl the newsroom's address, without a slash at the end */
  render(baseUrl: string): RenderedDocument;
}

/**
 * Computes a live feed at a moment.
 * @param now milliseconds since 1970
 * @throws {RangeError} when there is no feed of that name
 */
export function liveFeed(name: string, now: number, options: LiveOptions = DEFAULT_LIVE): LiveFeed {
  const feed = LIVE_FEEDS.find((candidate) => candidate.name === name);
  if (!feed) {
    throw new RangeError(`no live feed "${name}"; there are ${LIVE_FEEDS.map((known) => known.name).join(', ')}`);
  }
  const { publisher, path } = feed;
  const stories: Story[] = [];
  const latest = Math.floor(now / options.intervalMs);
  for (let round = Math.floor(latest / ROUND); round >= 0 && stories.length < LIVE_ITEMS; round--) {
    for (const slot of slotsOf(publisher, round, options).reverse()) {
      if (slot <= latest && stories.length < LIVE_ITEMS) stories.push(storyOf(slot, publisher, options));
    }
  }
  const { title, description } = publisher;
  const language = publisher === AGENCY ? 'en' : (publisher as Paper).desk.voice.language;
  return {
    stories,
    render: (baseUrl) => FORMATS[publisher.format].render({ title, description, language, baseUrl, path, stories }),
  };
}

/**
 * Finds a live story by its id, whether or not a feed still lists it.
 * @returns undefined when there is none, or not yet
 */
export function liveStory(id: string, now: number, options: LiveOptions = DEFAULT_LIVE): Story | undefined {
  const slot = SLOT_ID.test(id) ? Number.parseInt(id, 36) : Number.NaN;
  if (!(slot <= Math.floor(now / options.intervalMs)) || slotId(slot) !== id) return undefined;
  const publisher = orderOf(Math.floor(slot / ROUND), options)[slot % ROUND] as Publisher;
  return storyOf(slot, publisher, options);
}

/** Slots in a round, each `intervalMs` long. */
export const ROUND_SLOTS = ROUND;

/** The agency's stories of a round, in the order in which they appear. @param round counted from 1970 */
export const agencyStories = (round: number, options: LiveOptions = DEFAULT_LIVE): readonly Story[] =>
  slotsOf(AGENCY, round, options).map((slot) => storyOf(slot, AGENCY, options));

const slotId = (slot: number): string => slot.toString(36);

const orderOf = (round: number, { seed }: LiveOptions): Publisher[] =>
  new Random(seed, 'round', round).shuffle(PUBLISHERS);

const slotsOf = (publisher: Publisher, round: number, options: LiveOptions): number[] =>
  orderOf(round, options).flatMap((other, position) => (other === publisher ? [round * ROUND + position] : []));

function storyOf(slot: number, publisher: Publisher, options: LiveOptions): Story {
  const random = new Random(options.seed, 'story', slot);
  const imprint = { id: slotId(slot), date: new Date(slot * options.intervalMs), author: publisher.title };
  if (publisher === AGENCY) return publishDraft(agencyDraft(slot, options), imprint, random);
  const paper = publisher as Paper;
  const repeated = repeatedDraft(paper, Math.floor(slot / ROUND), options);
  return repeated
    ? repeatDraft(repeated, { ...imprint, author: `${paper.title}, with ${AGENCY.title}` }, random)
    : publishDraft(writeDraft(paper.desk, random), imprint, random);
}

function repeatedDraft(paper: Paper, round: number, options: LiveOptions): Draft | undefined {
  const source = round - 1 - (PAPERS.indexOf(paper) % LONGEST_DELAY);
  if (source < 0) return undefined;
  return slotsOf(AGENCY, source, options)
    .map((slot) => agencyDraft(slot, options))
    .find((draft) => draft.desk === paper.desk);
}

function agencyDraft(slot: number, { seed }: LiveOptions): Draft {
  const random = new Random(seed, 'agency', slot);
  return writeDraft(random.pick(AGENCY_DESKS), random);
}

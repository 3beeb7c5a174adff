// A piece of news as the newsroom holds it, before any format.
import type { Draft } from './desks/desk.ts';
import type { Random } from './random.ts';
import { restyleTitle } from './typography.ts';

export interface Story {
  /** Names its article and its image. */
  readonly id: string;
  /** Plain text. */
  readonly title: string;
  /** Plain text, one to three sentences. */
  readonly summary: string;
  readonly paragraphs: readonly string[];
  readonly date: Date;
  readonly author: string;
  readonly category: string;
  /** BCP 47 tag. */
  readonly language: string;
  readonly hasImage: boolean;
}

/** Path of a story's page in the newsroom. */
export const articlePath = (story: Pick<Story, 'id'>): string => `/articles/${story.id}`;
/** Path of a story's picture in the newsroom. */
export const imagePath = (story: Pick<Story, 'id'>): string => `/images/${story.id}.svg`;

/** How a story is signed and when it appears. */
export interface Imprint {
  readonly id: string;
  readonly date: Date;
  readonly author: string;
}

/** Makes a story of a draft. */
export function publishDraft(draft: Draft, imprint: Imprint, random: Random): Story {
  const { desk, title, sentences } = draft;
  return {
    ...imprint,
    title,
    summary: sentences.slice(0, random.integer(1, 3)).join(' '),
    paragraphs: sentences,
    category: desk.category,
    language: desk.voice.language,
    hasImage: random.chance(0.5),
  };
}

/** Makes a story that repeats another's draft: the same title in other typography, signed differently, and later. */
export function repeatDraft(draft: Draft, imprint: Imprint, random: Random): Story {
  return { ...publishDraft(draft, imprint, random), title: restyleTitle(draft.title, random) };
}

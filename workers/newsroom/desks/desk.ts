// A desk writes one kind of news: its voice, its category and its templates.
import { startTelling, type Template, type Voice } from '../grammar.ts';
import type { Random } from '../random.ts';

export interface Desk {
  readonly name: string;
  /** The category that its items carry. */
  readonly category: string;
  readonly voice: Voice;
  readonly templates: readonly Template[];
}

/** What a desk hands in. */
export interface Draft {
  readonly desk: Desk;
  /** Plain text. */
  readonly title: string;
  /** Plain text, at least two. */
  readonly sentences: readonly string[];
}

/** Writes one piece of news; the same random sequence writes the same one. */
export function writeDraft(desk: Desk, random: Random): Draft {
  const template = random.pick(desk.templates);
  const tell = startTelling(desk.voice, random);
  return { desk, title: tell(template.title), sentences: template.sentences.map(tell) };
}

// Sentences from templates: `{place}` is a word of that kind, the same one wherever the story names it again.
import type { Random } from './random.ts';

/** Words by kind: a list, or a function that makes one up. */
export type Lexicon = Readonly<Record<string, readonly string[] | ((random: Random) => string)>>;

/** How a language tells: its words, and what it groups thousands with. */
export interface Voice {
  readonly language: string;
  readonly lexicon: Lexicon;
  readonly thousands: string;
}

/** One kind of story. */
export interface Template {
  readonly title: string;
  /** What follows the title: the first ones are the description, all of them the article. */
  readonly sentences: readonly string[];
}

/** A template that asks for something its language does not have. */
export class GrammarError extends Error {
  override readonly name = 'GrammarError';
}

// {kind}, {kind2} (another word of the kind), {a kind} (with its English article), {name=12-90} and {name=100-900/50}
// (a number that {name} repeats).
const SLOT = /\{(a )?([a-z]+)(\d?)(?:=(\d+)-(\d+)(?:\/(\d+))?)?\}/g;
const ATTEMPTS = 50;

/** Capitalises the first letter, after quotes too, but not after a number. */
const capitalise = (text: string): string => text.replace(/^[^\p{L}\p{N}]*\p{L}/u, (start) => start.toUpperCase());
const withArticle = (noun: string): string => `${/^[aeiouåéö]/i.test(noun) ? 'an' : 'a'} ${noun}`;

/**
 * Starts a story: the returned function expands its templates and remembers what it chose, so that title and
 * sentences agree.
 * @throws {GrammarError} from the returned function, for a slot of a kind that the voice has no words for
 */
export function startTelling(voice: Voice, random: Random): (template: string) => string {
  const chosen = new Map<string, string>();

  const draw = (kind: string, template: string): string => {
    const words = voice.lexicon[kind];
    if (!words) throw new GrammarError(`no words of the kind "${kind}" (${voice.language}) for "${template}"`);
    return typeof words === 'function' ? words(random) : random.pick(words);
  };

  const choose = (kind: string, ordinal: string, template: string): string => {
    const siblings = [...chosen].filter(([slot]) => slot.replace(/\d$/, '') === kind).map(([, word]) => word);
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const word = draw(kind, template);
      if (!siblings.includes(word)) return word;
    }
    throw new GrammarError(`too few words of the kind "${kind}" for {${kind}${ordinal}} in "${template}"`);
  };

  const count = (min: number, max: number, step: number): string => {
    const value = String(min + step * random.integer(0, Math.floor((max - min) / step)));
    return value.replace(/\B(?=(\d{3})+$)/g, voice.thousands);
  };

  return (template) =>
    capitalise(
      template.replace(SLOT, (_, article, kind: string, ordinal: string, min, max, step) => {
        const slot = kind + ordinal;
        let word = chosen.get(slot);
        if (word === undefined) {
          word = min ? count(Number(min), Number(max), Number(step ?? 1)) : choose(kind, ordinal, template);
          chosen.set(slot, word);
        }
        return article ? withArticle(word) : word;
      }),
    );
}

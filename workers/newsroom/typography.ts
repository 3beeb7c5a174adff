// The same title as another editor sets it: other case, quotes, dashes and spaces, never another word.
import type { Random } from './random.ts';

type Style = (title: string) => string;

// Every style keeps what normaliseTitle of the contract makes of a title. No title contains a letter whose
// upper case has another lower case, such as the German sharp s.
const keep: Style = (title) => title;
const CASES: readonly Style[] = [
  keep,
  keep,
  (title) => title.toUpperCase(),
  (title) => title.replace(/(?<![\p{L}\p{N}'’])\p{Ll}/gu, (letter) => letter.toUpperCase()),
];
const SIGNS: readonly Style[] = [
  (title) => title.replace(/(?<=^|[\s(])'/g, '‘').replaceAll("'", '’'),
  (title) => title.replace(/ ?: /g, ' — '),
  (title) => title.replace(/(?<=\d)-(?=\d)/g, '–'),
  (title) => title.replace(/(?<=\d),(?=\d{3})/g, ' '),
  (title) => title.replace(/(?<=\d) (?=\p{L})/gu, '\u00a0'),
  (title) => title.replace(/(?<=\p{L}), /gu, ' – '),
  (title) => title.normalize('NFD'),
];
const ENDS: readonly Style[] = [keep, keep, (title) => `${title}.`, (title) => `${title}…`, (title) => `“${title}”`];

/**
 * Sets a title differently.
 * @returns another text that contract/identity.ts takes for the same title
 */
export function restyleTitle(title: string, random: Random): string {
  const signs = SIGNS.filter(() => random.chance(0.5));
  const styles = [random.pick(CASES), ...signs, random.pick(ENDS)];
  const restyled = styles.reduce((text, style) => style(text), title);
  // The styles may all have had nothing to do.
  return restyled === title ? `${title}!` : restyled;
}

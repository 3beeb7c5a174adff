// Plain text: character references decoded, spaces collapsed, lengths kept.
import { Parser } from 'htmlparser2';

const REFERENCE = /&(?:#\d{1,8}|#x[\da-f]{1,6}|[a-z][\da-z]{1,31});/gi;

/** Characters that a reference stands for. Never outgrows the list of HTML's names by much: only known ones enter. */
const characters = new Map<string, string>();

/**
 * Decodes character references that end in a semicolon, HTML's names included (`&amp;`, `&eacute;`, `&#8217;`).
 * What HTML does not know stays as it is, so that an entity of a DTD is never expanded.
 */
export function decodeReferences(text: string): string {
  return text.includes('&') ? text.replace(REFERENCE, decodeReference) : text;
}

function decodeReference(reference: string): string {
  const known = characters.get(reference);
  if (known !== undefined) return known;
  let decoded = '';
  new Parser({ ontext: (data) => (decoded += data) }).end(reference);
  // A semicolon that is left over shows that only a beginning of the name was understood (`&copyright;`).
  if (decoded.endsWith(';') && reference !== '&semi;') return reference;
  if (characters.size < 4_096) characters.set(reference, decoded);
  return decoded;
}

/**
 * What U+0080 to U+009F were meant to be: characters of a page in windows-1252 that says it is in Latin-1. Written out,
 * because TextDecoder in Node 20 takes windows-1252 for Latin-1 too.
 */
const WINDOWS_1252 = '€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ';

/** Collapses spaces, removes control characters, mends halves of surrogate pairs and windows-1252 leftovers. */
export function cleanText(text: string): string {
  return text
    .replace(/[\u0080-\u009f]/g, (control) => WINDOWS_1252.charAt(control.charCodeAt(0) - 0x80))
    .replace(/\p{Cs}/gu, '\ufffd')
    .replace(/\s+/g, ' ')
    .replace(/\p{Cc}/gu, '')
    .trim();
}

/**
 * Shortens a text to a number of code points, at a word where there is one in the second half, with an ellipsis.
 * A text that is short enough comes back unchanged.
 */
export function shorten(text: string, maxLength: number): string {
  if (text.length <= maxLength) return text;
  let length = 0;
  let end = 0;
  for (const character of text) {
    length += 1;
    if (length < maxLength) end += character.length;
    if (length > maxLength) break;
  }
  if (length <= maxLength) return text;
  const space = text.lastIndexOf(' ', end);
  return `${text.slice(0, space > end / 2 ? space : end).trimEnd()}…`;
}

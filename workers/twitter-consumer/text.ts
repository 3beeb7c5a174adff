// Plain text: character references decoded, spaces collapsed, lengths kept.

const REFERENCES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: ' ' };
const MAX_CODE_POINT = 0x10ffff;

/** Decodes the references that the API writes, and numeric ones; each once, so that what they spell stays as written. */
export function decodeReferences(text: string): string {
  return text.replace(/&(?:#(\d{1,7})|#x([\da-f]{1,6})|([a-z]{2,4}));/gi, (reference, decimal, hex, name) => {
    if (name !== undefined) return REFERENCES[name.toLowerCase()] ?? reference;
    const code = decimal !== undefined ? Number(decimal) : Number.parseInt(hex, 16);
    return code > 0 && code <= MAX_CODE_POINT ? String.fromCodePoint(code) : reference;
  });
}

/** Collapses spaces, removes control characters and halves of surrogate pairs. */
export const cleanText = (text: string): string =>
  text
    .replace(/\p{Cs}/gu, '\ufffd')
    .replace(/\s+/g, ' ')
    .replace(/\p{Cc}/gu, '')
    .trim();

/**
 * Shortens a text to a number of code points, at a word where there is one in the second half, with an ellipsis. A text that
 * is short enough comes back unchanged.
 */
export function shorten(text: string, maxLength: number): string {
  const points = [...text];
  if (points.length <= maxLength) return text;
  const head = points.slice(0, maxLength - 1).join('');
  const cutsWord = points[maxLength - 1] !== ' ';
  const space = cutsWord ? head.lastIndexOf(' ') : -1;
  return `${(space > head.length / 2 ? head.slice(0, space) : head).trimEnd()}…`;
}

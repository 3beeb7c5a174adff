// Texts of the internet, made fit for XML and HTML.

/** What XML 1.0 has no way to say: control characters, halves of surrogate pairs, and two code points that are none. */
const NOT_IN_XML = /[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/gu;

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

export const legibleText = (text: string): string => text.replace(NOT_IN_XML, '');

/** Plain text as HTML that shows the same. */
export const toHtml = (text: string): string =>
  legibleText(text).replace(/[&<>"]/g, (character) => ENTITIES[character] as string);

/** Plain text as HTML, with its paragraphs and lines. */
export const toParagraphs = (text: string): string =>
  text
    .split(/\n\s*\n/)
    .map((paragraph) => paragraph.trim())
    .filter(Boolean)
    .map((paragraph) => `<p>${toHtml(paragraph).replaceAll('\n', '<br>')}</p>`)
    .join('\n');

/** The beginning of a text, cut between words where it is longer. */
export function beginningOf(text: string, maxLength: number): string {
  if (text.length <= maxLength) return text;
  const cut = text.slice(0, maxLength);
  return `${cut.slice(0, Math.max(cut.search(/\s\S*$/), maxLength / 2)).trimEnd()}…`;
}

/** The address as a browser would write it; undefined when it is no http or https address. */
export function webAddress(address: string | undefined): string | undefined {
  const url = address && URL.canParse(address) ? new URL(address) : undefined;
  return url && /^https?:$/.test(url.protocol) ? url.href : undefined;
}

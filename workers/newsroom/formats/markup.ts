// Text into XML and HTML.

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Escapes text for element content and quoted attributes, in XML and in HTML. */
export const escapeMarkup = (text: string): string =>
  text.replace(/[&<>"']/g, (character) => ESCAPES[character] as string);

/** Wraps markup so that XML carries it as text. */
export const cdata = (markup: string): string => `<![CDATA[${markup.replaceAll(']]>', ']]]]><![CDATA[>')}]]>`;

/** Sentences as an HTML (and XHTML) paragraph, the first word group of which is emphasised. */
export function toParagraph(text: string): string {
  const [lead = '', ...rest] = text.split(/(?<=[.!?]) /);
  return `<p><strong>${escapeMarkup(lead)}</strong>${rest.map((sentence) => ` ${escapeMarkup(sentence)}`).join('')}</p>`;
}

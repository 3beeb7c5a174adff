// Plain text out of the HTML that feeds carry.
import { Parser } from 'htmlparser2';
import { cleanText } from '../runtime/text.ts';
import { BLOCK_ELEMENTS, HTML_ELEMENTS, RAW_TEXT_ELEMENTS, UNSHOWN_ELEMENTS } from './html-elements.ts';

/** Deeper markup is not read on: the parser's work grows with the square of the depth. */
const MAX_DEPTH = 500;

/** Names of the end tags in a text, lower case. */
function endTags(html: string): ReadonlySet<string> {
  const names = new Set<string>();
  for (const match of html.matchAll(/<\/([^\s<>/]+)/g)) names.add((match[1] as string).toLowerCase());
  return names;
}

/**
 * Reduces HTML to its text. Script, style and other unshown content is dropped. What looks like a tag but is neither an
 * HTML element nor ever closed is text: `Vec<T>`, `#include <stdio.h>`.
 */
export function htmlToText(html: string): string {
  if (!/[<&]/.test(html)) return cleanText(html);
  const closed = endTags(html);
  let text = '';
  let depth = 0;
  let unshown = 0;
  const isUnshown = (name: string) => UNSHOWN_ELEMENTS.has(name) && (RAW_TEXT_ELEMENTS.has(name) || closed.has(name));
  const isMarkup = (name: string, source: string) =>
    HTML_ELEMENTS.has(name) || closed.has(name) || /^[\w]+:\w|-/.test(name) || source.endsWith('/>');
  const parser = new Parser({
    onopentag(tag) {
      depth += 1;
      if (depth > MAX_DEPTH) parser.pause();
      const name = tag.toLowerCase();
      if (isUnshown(name)) {
        unshown += 1;
        return;
      }
      if (unshown > 0) return;
      if (BLOCK_ELEMENTS.has(name)) {
        text += ' ';
        return;
      }
      const source = HTML_ELEMENTS.has(name) ? '' : html.slice(parser.startIndex, parser.endIndex + 1);
      if (!isMarkup(name, source)) text += source;
    },
    ontext(data) {
      if (unshown === 0) text += data;
    },
    onclosetag(tag) {
      depth -= 1;
      const name = tag.toLowerCase();
      if (isUnshown(name)) unshown -= 1;
      else if (unshown === 0 && BLOCK_ELEMENTS.has(name)) text += ' ';
    },
  });
  parser.end(html);
  return cleanText(text);
}

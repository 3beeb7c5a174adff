// Mends what would make a tolerant parser swallow the rest of a document: CDATA that never ends, DTDs with markup in them.

/**
 * Ends CDATA sections that their publisher forgot to end: those that reach over the end tag of the element that they are
 * in (`<title><![CDATA[News</title>`) into another section or the end of the document.
 */
export function endCdata(data: string): string {
  const parts: string[] = [];
  let position = 0;
  // Searched again only once passed: a document without any end would otherwise be searched to its end for each section.
  let close = -2;
  for (let start = data.indexOf('<![CDATA['); start !== -1; start = data.indexOf('<![CDATA[', position)) {
    const inside = start + '<![CDATA['.length;
    if (close !== -1 && close < inside) close = data.indexOf(']]>', inside);
    const next = data.indexOf('<![CDATA[', inside);
    if (close !== -1 && (next === -1 || next > close)) {
      parts.push(data.slice(position, close + 3));
      position = close + 3;
      continue;
    }
    const name = /<([^\s<>/!?]+)[^<>]{0,200}>\s{0,200}$/.exec(data.slice(Math.max(0, start - 500), start))?.[1];
    const end = name === undefined ? -1 : data.indexOf(`</${name}>`, inside);
    if (end !== -1 && (close === -1 || end < next)) {
      parts.push(data.slice(position, end), ']]>');
      position = end;
    } else {
      // Script in HTML has CDATA sections of its own; there the first end is the right one.
      const until = close === -1 ? data.length : close + 3;
      parts.push(data.slice(position, until));
      position = until;
    }
  }
  return parts.length === 0 ? data : parts.join('') + data.slice(position);
}

/** Removes a DTD's declarations, so that none of them can pass for an element of the document. */
export function withoutDtd(data: string): string {
  const start = data.indexOf('<!DOCTYPE');
  const open = start === -1 ? -1 : data.indexOf('[', start);
  const close = start === -1 ? -1 : data.indexOf('>', start);
  if (open === -1 || close < open) return data;
  const end = /\]\s*>/g;
  end.lastIndex = open;
  const match = end.exec(data);
  return match ? data.slice(0, start) + data.slice(match.index + match[0].length) : data;
}

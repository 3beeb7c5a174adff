// Shortens texts before they are kept and sent, so that what the monitor holds stays bounded.

/** Cuts a text to at most `length` UTF-16 units, ellipsis included, never through a surrogate pair. */
export function clip(text: string, length: number): string {
  if (text.length <= length) return text;
  const cut = text.slice(0, length - 1);
  const last = cut.charCodeAt(cut.length - 1);
  return `${last >= 0xd800 && last <= 0xdbff ? cut.slice(0, -1) : cut}…`;
}

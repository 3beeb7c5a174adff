// Turns the bytes of a document into text: BOM, then HTTP header, then XML declaration, then a guess.
import { isUtf8 } from 'node:buffer';

/** A document as text, and the encoding that it was in (a WHATWG name, such as `windows-1252`). */
export interface DecodedText {
  readonly text: string;
  readonly encoding: string;
}

/** How many bytes an XML declaration may take. */
const DECLARATION_BYTES = 1_024;

/**
 * Decodes a document. Labels mean what the WHATWG encoding standard says (`iso-8859-1` is windows-1252); a label that it
 * does not know falls on to the next rule. Never fails: what is not valid in its encoding becomes U+FFFD.
 * @param contentType the Content-Type header, or null when there was none
 */
export function decodeText(bytes: Uint8Array, contentType: string | null): DecodedText {
  const encoding =
    bomEncoding(bytes) ??
    usableEncoding(headerLabel(contentType), bytes) ??
    utf16Pattern(bytes) ??
    usableEncoding(declarationLabel(bytes), bytes) ??
    (isUtf8(bytes) ? 'utf-8' : 'windows-1252');
  const text = new TextDecoder(encoding).decode(bytes);
  return { text: encoding === 'windows-1252' ? repairWindows1252(text) : text, encoding };
}

function bomEncoding(bytes: Uint8Array): string | null {
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) return 'utf-8';
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf-16le';
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return 'utf-16be';
  return null;
}

/** UTF-16 without a BOM: a feed starts with two ASCII characters (`<?`, `<r`, `{"`), so with a zero in each pair. */
function utf16Pattern(bytes: Uint8Array): string | null {
  const [a, b, c, d] = bytes;
  if (a === undefined || b === undefined || c === undefined || d === undefined) return null;
  if (a !== 0 && b === 0 && c !== 0 && d === 0) return 'utf-16le';
  if (a === 0 && b !== 0 && c === 0 && d !== 0) return 'utf-16be';
  return null;
}

function headerLabel(contentType: string | null): string | null {
  const match = /;\s*charset\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s;"']+))/i.exec(contentType ?? '');
  return match?.[1] ?? match?.[2] ?? match?.[3] ?? null;
}

function declarationLabel(bytes: Uint8Array): string | null {
  const start = Buffer.from(bytes.subarray(0, DECLARATION_BYTES)).toString('latin1');
  return /^\s*<\?xml\s[^>]*?encoding\s*=\s*["']([\w.:-]{1,40})["']/i.exec(start)?.[1] ?? null;
}

/** The encoding of a label, or null when it has none that this document could be in. */
function usableEncoding(label: string | null, bytes: Uint8Array): string | null {
  if (label === null) return null;
  try {
    const { encoding } = new TextDecoder(label);
    // A label can not turn one byte a character into two: the bytes say whether it is UTF-16, and in which order.
    return encoding.startsWith('utf-16') ? utf16Pattern(bytes) : encoding;
  } catch {
    return null;
  }
}

/** What windows-1252 has at 0x80 to 0x9F; five places are free and stay control characters. */
const WINDOWS_1252_HIGH = '€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ';

/** Node 20 decodes windows-1252 as ISO 8859-1, which leaves control characters where quotes and the euro should be. */
function repairWindows1252(text: string): string {
  return text.replace(/[\u0080-\u009f]/g, (char) => WINDOWS_1252_HIGH[char.charCodeAt(0) - 0x80] as string);
}

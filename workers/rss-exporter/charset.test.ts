// Thirteen encodings by each rule, and the order of the rules.
import { describe, expect, test } from 'vitest';
import { decodeText } from './charset.ts';

const declared = (label: string, body: Uint8Array) =>
  Buffer.concat([Buffer.from(`<?xml version="1.0" encoding="${label}"?><t>`), body, Buffer.from('</t>')]);
const bytes = (hex: string) => Buffer.from(hex.replaceAll(' ', ''), 'hex');
const utf16be = (text: string) => Buffer.from(text, 'utf16le').swap16();

/** Label, the bytes of some text in that encoding, the text. */
const ENCODINGS: [string, Buffer, string][] = [
  ['utf-8', bytes('c3a9 e282ac'), 'é€'],
  ['windows-1252', bytes('93 80 94 e9'), '“€”é'],
  ['iso-8859-1', bytes('e9 92 85'), 'é’…'],
  ['iso-8859-2', bytes('a3 f3 64 bc'), 'Łódź'],
  ['iso-8859-7', bytes('c1 e8 de ed e1'), 'Αθήνα'],
  ['ISO-8859-15', bytes('a4 bd'), '€œ'],
  ['windows-1251', bytes('cf f0 e8 e2 e5 f2'), 'Привет'],
  ['koi8-r', bytes('f0 d2 c9 d7 c5 d4'), 'Привет'],
  ['Shift_JIS', bytes('93fa 967b'), '日本'],
  ['euc-jp', bytes('c6fc cbdc'), '日本'],
  ['gb2312', bytes('d6d0 cec4'), '中文'],
  ['big5', bytes('a4a4 a4e5'), '中文'],
  ['euc-kr', bytes('c7d1 b1b9'), '한국'],
];

describe('decodeText', () => {
  test.each(ENCODINGS)('reads %s named by the header', (label, body, text) => {
    expect(decodeText(body, `text/xml; charset=${label}`).text).toBe(text);
    expect(decodeText(body, `text/xml;CHARSET="${label}"; x=y`).text).toBe(text);
  });

  test.each(ENCODINGS)('reads %s named by the XML declaration', (label, body, text) => {
    expect(decodeText(declared(label, body), 'text/xml').text).toContain(`<t>${text}</t>`);
  });

  test.each([
    ['UTF-8', bytes('efbbbf c3a9'), 'é', 'utf-8'],
    ['UTF-16LE', Buffer.concat([bytes('fffe'), Buffer.from('<é日>', 'utf16le')]), '<é日>', 'utf-16le'],
    ['UTF-16BE', Buffer.concat([bytes('feff'), utf16be('<é日>')]), '<é日>', 'utf-16be'],
  ])('a BOM of %s wins over the header and is not part of the text', (_name, body, text, encoding) => {
    expect(decodeText(body, 'text/xml; charset=koi8-r')).toEqual({ text, encoding });
  });

  test('the header wins over the declaration', () => {
    const body = declared('koi8-r', bytes('cf f0'));
    expect(decodeText(body, 'text/xml; charset=windows-1251').encoding).toBe('windows-1251');
  });

  test('the declaration wins over a guess', () => {
    expect(decodeText(declared('koi8-r', bytes('c3a9')), null).encoding).toBe('koi8-r');
  });

  test.each([
    ['valid UTF-8', bytes('3c c3a9'), 'utf-8', '<é'],
    ['anything else', bytes('3c e9 93'), 'windows-1252', '<é“'],
    ['nothing', bytes(''), 'utf-8', ''],
  ])('guesses %s', (_name, body, encoding, text) => {
    expect(decodeText(body, null)).toEqual({ text, encoding });
  });

  test.each(['nonsense', 'x-user-defined', 'iso-2022-kr', 'utf-7', '', '"'])(
    'a label %j falls on to the next rule',
    (label) => {
      const body = declared('koi8-r', bytes('f0'));
      expect(decodeText(body, `text/xml; charset=${label}`).encoding).toBe('koi8-r');
      expect(decodeText(declared(label, bytes('c3a9')), null).encoding).toBe('utf-8');
    },
  );

  test.each([
    ['little-endian', (text: string) => Buffer.from(text, 'utf16le')],
    ['big-endian', utf16be],
  ])('reads %s UTF-16 without a BOM', (_name, encode) => {
    const document = '<?xml version="1.0" encoding="utf-16"?><t>日本</t>';
    expect(decodeText(encode(document), null).text).toBe(document);
    expect(decodeText(encode(document), 'text/xml; charset=utf-16').text).toBe(document);
    expect(decodeText(encode('{"a":"日"}'), 'application/json').text).toBe('{"a":"日"}');
  });

  test('a document that says UTF-16 in single bytes is not UTF-16', () => {
    const body = declared('utf-16', bytes('c3a9'));
    expect(decodeText(body, null).encoding).toBe('utf-8');
    expect(decodeText(body, 'text/xml; charset=utf-16').encoding).toBe('utf-8');
  });

  test('what is not valid in its encoding is replaced', () => {
    expect(decodeText(bytes('41 ff 42'), 'text/xml; charset=utf-8').text).toBe('A\ufffdB');
  });

  test('keeps the free places of windows-1252', () => {
    expect(decodeText(bytes('81 8d 8f 90 9d'), 'x/y; charset=cp1252').text).toBe('\u0081\u008d\u008f\u0090\u009d');
  });
});

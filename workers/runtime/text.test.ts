// References and lengths: what remains of them in plain text.
import { expect, test } from 'vitest';
import { cleanText, decodeReferences, shorten } from './text.ts';

test('references need their semicolon, and what HTML does not know stays', () => {
  expect(decodeReferences('&eacute;&amp;amp; &copy=1 &lol9; &copyright; &#0; &#x110000; &;')).toBe(
    'é&amp; &copy=1 &lol9; &copyright; \ufffd \ufffd &;',
  );
});

test('control characters, halves of pairs and windows-1252 leftovers are cleaned', () => {
  expect(cleanText(' a\u0000b\u0007\u001bc\u007f d\u2028e\ufefff\u00a0g ')).toBe('abc d e f g');
  expect(cleanText('it\u0092s \u0096 \u0081')).toBe('it’s –');
  expect(cleanText('x\ud83dy \udcfdz 📽')).toBe('x\ufffdy \ufffdz 📽');
});

test('shortening counts code points, cuts at a word and never splits a pair', () => {
  expect(shorten('short', 5)).toBe('short');
  expect(shorten('one two three four', 12)).toBe('one two…');
  expect(shorten('oneverylongword', 8)).toBe('onevery…');
  expect(shorten('📽'.repeat(10), 10)).toBe('📽'.repeat(10));
  expect(shorten('📽'.repeat(11), 10)).toBe(`${'📽'.repeat(9)}…`);
});

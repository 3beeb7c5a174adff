import { describe, expect, it } from 'vitest';
import { newsId, normaliseTitle } from './identity.ts';

describe('normaliseTitle', () => {
  it.each([
    ['case', 'NATS 2.15 Released', 'nats 2 15 released'],
    ['runs of spaces of every kind', '  NATS\u00a0 2\t\n released\u2003', 'nats 2 released'],
    ['punctuation', '“NATS”: it’s — well… released!', 'nats it s well released'],
    ['NFKC: full width, ligatures, superscripts', 'ＮＡＴＳ ﬁnal²', 'nats final2'],
    ['NFKC: composed and decomposed', 'Re\u0301sume\u0301', 'r\u00e9sum\u00e9'],
    ['German sharp s', 'Straße', 'strasse'],
    ['German sharp s, capital', 'STRAẞE', 'strasse'],
    ['Turkish dotless i', 'kırmızı', 'kirmizi'],
    ['Turkish dotless i in capitals', 'KIRMIZI', 'kirmizi'],
    ['Turkish dotted I', 'İSTANBUL', 'istanbul'],
    ['Greek final sigma', 'Ο ΟΔΥΣΣΕΑΣ', 'ο οδυσσεασ'],
    ['Greek with two marks on a letter', 'ΰ', '\u03b0'],
    ['Arabic, with a lengthened word', 'أخبـــار: عاجل', 'أخبار عاجل'],
    ['Persian, with a non-joiner', 'می\u200cخواهم', 'میخواهم'],
    ['Hebrew, with vowel points and maqaf', 'שָׁלוֹם־עולם', 'שָׁלוֹם עולם'],
    ['Hindi, with vowel signs', 'हिन्दी समाचार', 'हिन्दी समाचार'],
    ['Chinese, with its own punctuation', '《新闻》：速报！', '新闻 速报'],
    ['Japanese, with half-width forms and a middle dot', 'ﾆｭｰｽ・速報', 'ニュース 速報'],
    ['Korean, decomposed', '\u1112\u1161\u11ab국', '한국'],
    ['emoji beside words', '🚀 NATS is out 👩‍💻', 'nats is out'],
    ['soft hyphens and zero-width spaces', 'news\u00adpaper\u200b s\u2060tand', 'newspaper stand'],
    ['trademark signs', 'Java™ 25 and NATS®', 'java 25 and nats'],
    ['symbols', 'Profit: $5 = 4 € (+ 1)', 'profit 5 4 1'],
    ['what a language is called', 'C++, C# / C', 'c++ c# c'],
    ['a hash tag', '#NATS', 'nats'],
    ['a sign before a number', 'CAC 40: -0,5 %, DAX: +1', 'cac 40 -0 5 dax +1'],
    ['a minus sign for the hyphen', 'CAC 40: \u22120,5 %', 'cac 40 -0 5'],
    ['a hyphen between words or numbers', 'Covid-19 in 2020-21, e-mail', 'covid 19 in 2020 21 e mail'],
    ['a title of symbols alone', ' ???  !!! ', '??? !!!'],
    ['a title of emoji alone', '❤️🇫🇷', '❤🇫🇷'],
    ['an unpaired surrogate', 'a\ud800b', 'a b'],
    ['nothing', ' \t ', ''],
  ])('folds %s', (_, title, expected) => {
    expect(normaliseTitle(title)).toBe(expected);
  });

  it.each([
    ['What is new in C#', 'What is new in C++'],
    ['Wall Street: -0.5', 'Wall Street: +0.5'],
    ['Version 1.5', 'Version 15'],
    ['???', '!!!'],
    ['résumé', 'resume'],
  ])('keeps %j and %j apart', (one, other) => {
    expect(normaliseTitle(one)).not.toBe(normaliseTitle(other));
  });

  it.each(['Straße', 'İstanbul ılık', 'ΐ ΰ', 'Ο ΟΔΥΣΣΕΑΣ', 'ŉ ﬃ ǆ', 'C++ -5', '??? ¿'])(
    'is settled after one pass: %j',
    (title) => {
      const once = normaliseTitle(title);
      expect(normaliseTitle(once)).toBe(once);
      expect(normaliseTitle(title.toUpperCase())).toBe(once);
      expect(normaliseTitle(title.normalize('NFD'))).toBe(once);
    },
  );
});

describe('newsId', () => {
  const item = { title: 'NATS 2.15 released', link: 'https://a.example/1' };

  it('is 128 bits of the title’s hash, whatever the link', () => {
    // sha256 of "title nats 2 15 released"
    expect(newsId('title', item)).toBe('a1f1e4ff67b6799ae0bb639610453358');
    expect(newsId('title', { title: '“NATS 2.15” — RELEASED', link: '' })).toBe(newsId('title', item));
  });

  it('is that of the link where the rule says so', () => {
    // sha256 of "link https://a.example/1"
    expect(newsId('link', item)).toBe('bf2ca15c2851c9e1384b666a67181cc1');
    expect(newsId('link', { ...item, title: 'Another' })).toBe(newsId('link', item));
    expect(newsId('link', { ...item, link: 'https://a.example/2' })).not.toBe(newsId('link', item));
  });

  it('falls back to the title of an item without a link', () => {
    expect(newsId('link', { ...item, link: '' })).toBe(newsId('title', item));
  });

  it('never takes a title for a link', () => {
    expect(newsId('title', { title: item.link, link: '' })).not.toBe(newsId('link', item));
  });
});

import { describe, expect, it } from 'vitest';
import { GrammarError, startTelling, type Voice } from './grammar.ts';
import { Random } from './random.ts';

const VOICE: Voice = {
  language: 'en',
  thousands: ',',
  lexicon: { place: ['orlgard', 'velmoor'], tree: ['oak'], shout: () => 'hey' },
};
const tell = (key = 'a') => startTelling(VOICE, new Random('grammar', key));

describe('startTelling', () => {
  it('uses the same word wherever a slot is named again', () => {
    const told = tell();
    const first = told('{place}');
    expect(told('{place}, {place} and {place}')).toBe(`${first}, ${first.toLowerCase()} and ${first.toLowerCase()}`);
  });

  it('takes another word for a numbered slot of the same kind', () => {
    for (let key = 0; key < 20; key++) {
      const [one, two] = tell(String(key))('x {place} {place2}').split(' ').slice(1);
      expect(new Set([one, two])).toEqual(new Set(['orlgard', 'velmoor']));
    }
  });

  it('writes the article that fits, and a capital at the beginning, after quotes too', () => {
    expect(tell()('{a tree} and {a shout}')).toBe('An oak and a hey');
    expect(tell()("'{tree}'")).toBe("'Oak'");
    expect(tell()('9 {tree}')).toBe('9 oak');
  });

  it('keeps numbers in their range and steps, groups thousands, and repeats them by name', () => {
    for (let key = 0; key < 50; key++) {
      const [count, again] = tell(String(key))('{n=900-1200/100} {n}').split(' ');
      expect(['900', '1,000', '1,100', '1,200']).toContain(count);
      expect(again).toBe(count);
    }
  });

  it('names the kind and the template when there are no words, or too few', () => {
    expect(() => tell()('a {fish}')).toThrow(GrammarError);
    expect(() => tell()('a {fish}')).toThrow('no words of the kind "fish" (en) for "a {fish}"');
    expect(() => tell()('{tree} {tree2}')).toThrow('too few words of the kind "tree" for {tree2}');
  });
});

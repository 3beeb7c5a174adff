import { describe, expect, it } from 'vitest';
import { normaliseTitle } from '../contract/identity.ts';
import { COURRIER } from './desks/courrier.ts';
import { writeDraft } from './desks/desk.ts';
import { AGENCY_DESKS } from './papers.ts';
import { Random } from './random.ts';
import { restyleTitle } from './typography.ts';

describe('restyleTitle', () => {
  it('always changes the text and never the title that it stands for', () => {
    const titles = [...AGENCY_DESKS, COURRIER].flatMap((desk) =>
      Array.from({ length: 500 }, (_, index) => writeDraft(desk, new Random('draw', index)).title),
    );
    titles.forEach((title, index) => {
      const restyled = restyleTitle(title, new Random('restyle', index));
      expect(restyled).not.toBe(title);
      expect(normaliseTitle(restyled)).toBe(normaliseTitle(title));
    });
  });

  it('varies case, punctuation and typography', () => {
    const title = "Åskvik: otter's 1,500 metres end 3-1";
    const restyled = Array.from({ length: 60 }, (_, index) => restyleTitle(title, new Random('vary', index)));
    expect(restyled.some((text) => text.includes('OTTER'))).toBe(true);
    expect(restyled.some((text) => text.includes('’'))).toBe(true);
    expect(restyled.some((text) => text.includes('–'))).toBe(true);
    expect(restyled.some((text) => text !== text.normalize('NFC'))).toBe(true);
  });
});

import { describe, expect, it } from 'vitest';
import { normaliseTitle } from '../../contract/identity.ts';
import { AGENCY_DESKS } from '../papers.ts';
import { Random } from '../random.ts';
import { COURRIER } from './courrier.ts';
import { writeDraft } from './desk.ts';

const DESKS = [...AGENCY_DESKS, COURRIER];
const draw = (desk: (typeof DESKS)[number], count: number) =>
  Array.from({ length: count }, (_, index) => writeDraft(desk, new Random('draw', index)));

describe.each(DESKS.map((desk) => ({ name: desk.name, desk })))('the desk $name', ({ desk }) => {
  it('has words for every template, with nothing left to fill in', () => {
    for (const template of desk.templates) {
      const drafts = Array.from({ length: 10 }, (_, index) =>
        writeDraft({ ...desk, templates: [template] }, new Random('each', index)),
      );
      for (const { title, sentences } of drafts) {
        expect(sentences.length).toBe(3);
        for (const text of [title, ...sentences]) expect(text).toMatch(/^(?!.*[{}<>])[\p{Lu}\p{N}'«]/u);
        for (const sentence of sentences) expect(sentence).toMatch(/[.!?]'?$/);
      }
    }
  });

  it('writes titles that hardly ever come twice', () => {
    const titles = new Set(draw(desk, 2_000).map(({ title }) => normaliseTitle(title)));
    expect(titles.size).toBeGreaterThan(1_980);
  });

  it('writes titles of a readable length', () => {
    for (const { title } of draw(desk, 500)) {
      expect(title.length).toBeGreaterThan(15);
      expect(title.length).toBeLessThan(140);
    }
  });
});

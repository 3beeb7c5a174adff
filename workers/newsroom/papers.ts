// The papers: who publishes what, in which format. The live feeds and the edition have the same ones.
import { BUSINESS } from './desks/business.ts';
import { COURRIER } from './desks/courrier.ts';
import { CULTURE } from './desks/culture.ts';
import type { Desk } from './desks/desk.ts';
import { SCIENCE } from './desks/science.ts';
import { SPORTS } from './desks/sports.ts';
import { TECHNOLOGY } from './desks/technology.ts';
import { WORLD } from './desks/world.ts';
import { FORMATS, type FormatName } from './formats/formats.ts';

export interface Paper {
  /** Id of its feed, and the path's name: `/world.rss`. */
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly format: FormatName;
  /** What it writes itself, and takes over from the agency. */
  readonly desk: Desk;
}

/** Desks that the agency writes for; each has at least one paper that prints it. */
export const AGENCY_DESKS: readonly Desk[] = [WORLD, TECHNOLOGY, SCIENCE, BUSINESS, CULTURE, SPORTS];

/** The wire agency, whose news the papers repeat. */
export const AGENCY = {
  name: 'agency',
  title: 'Ostermere Wire',
  description: 'First with the news, which everybody else prints later',
  format: 'rss',
} as const satisfies Omit<Paper, 'desk'>;

export const PAPERS: readonly Paper[] = [
  {
    name: 'world',
    title: 'The Quellmere Herald',
    description: 'News from towns near and far',
    format: 'rss',
    desk: WORLD,
  },
  {
    name: 'technology',
    title: 'Circuit & Socket',
    description: 'Things that work, and how',
    format: 'html-atom',
    desk: TECHNOLOGY,
  },
  {
    name: 'science',
    title: 'The Small Discovery',
    description: 'Research worth a second look',
    format: 'json-feed',
    desk: SCIENCE,
  },
  {
    name: 'business',
    title: 'Ledger & Loaf',
    description: 'The economy, as far as it can be held in the hand',
    format: 'rdf',
    desk: BUSINESS,
  },
  {
    name: 'culture',
    title: 'Café Lanterne',
    description: 'Stages, shelves and galleries',
    format: 'latin1-rss',
    desk: CULTURE,
  },
  {
    name: 'sports',
    title: 'The Final Whistle',
    description: 'Results, mostly',
    format: 'xhtml-atom',
    desk: SPORTS,
  },
  {
    name: 'courrier',
    title: 'Le Courrier de Brumeval',
    description: "L'actualité des villes et des champs",
    format: 'rss',
    desk: COURRIER,
  },
  {
    name: 'village',
    title: 'The Village Notice Board',
    description: 'Since long before feeds had dates',
    format: 'old-rss',
    desk: WORLD,
  },
  {
    name: 'broken',
    title: 'Hask & Pell Advertiser',
    description: 'Typeset by hand & never checked',
    format: 'ill-formed-rss',
    desk: BUSINESS,
  },
];

/** Where a paper's live feed is. */
export const feedPath = (paper: Pick<Paper, 'name' | 'format'>): string =>
  `/${paper.name}.${FORMATS[paper.format].extension}`;

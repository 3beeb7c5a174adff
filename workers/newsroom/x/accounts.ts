// The accounts that post on the newsroom's X side; none of them exists elsewhere.
import { createHash } from 'node:crypto';
import { AGENCY, PAPERS, type Paper } from '../papers.ts';
import type { XUser } from './post.ts';

/** The id of an invented account: nineteen digits, the same for the same name. */
const inventId = (username: string): string =>
  `1${(createHash('sha256').update(username).digest().readBigUInt64BE() % 10n ** 18n).toString().padStart(18, '0')}`;

const account = (username: string, name: string, description: string, verified = false): XUser => ({
  id: inventId(username),
  username,
  name,
  description,
  verified,
});

const ownAccount = ({ title, description }: Pick<Paper, 'title' | 'description'>): XUser => {
  const letters = title
    .normalize('NFD')
    .replace(/^The /, '')
    .replace(/[^A-Za-z]/g, '');
  return account(letters.slice(0, 15), title, description, true);
};

/** The account of each paper, and of the agency. */
export const PAPER_ACCOUNTS: ReadonlyMap<string, XUser> = new Map(
  [AGENCY, ...PAPERS].map((paper) => [paper.name, ownAccount(paper)]),
);

/** Accounts that pass on what the agency writes. */
export const READER_ACCOUNTS: readonly XUser[] = [
  account('TramDepotWatch', 'Tram Depot Watch', 'Trams, depots, and the space between'),
  account('QuayAndFerry', 'Quay & Ferry', 'Timetables are literature'),
  account('LanternSociety', 'The Lantern Society', 'Meets on Thursdays, in the light'),
  account('HoltBakersGuild', "Bakers' Guild of Brackholt", 'Up before the news'),
  account('OwlCountOsk', 'Osk Valley Owl Count', 'Four owls so far'),
  account('BoutiqueDuPont', 'La Boutique du Pont', 'Journaux, timbres et petits pains'),
];

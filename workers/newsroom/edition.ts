// The edition: a fixed, finite set of feeds and posts, with the exact figures that a pipeline has to come to.
import { stringify } from 'yaml';
import { newsId, normaliseTitle } from '../contract/identity.ts';
import { type Desk, type Draft, writeDraft } from './desks/desk.ts';
import { BROKEN_DOCUMENTS } from './edition-broken.ts';
import type { RenderedDocument } from './formats/channel.ts';
import { FORMATS } from './formats/formats.ts';
import { AGENCY, AGENCY_DESKS, PAPERS, type Paper } from './papers.ts';
import { Random } from './random.ts';
import { publishDraft, repeatDraft, type Story } from './story.ts';
import { EDITION_RULES, type EditionPost, writeEditionPosts } from './x/edition-posts.ts';

/** What an edition may be asked to be. */
export interface EditionOptions {
  /** Items in readable documents, a multiple of 5 and at least 50. @default 1000 */
  readonly items?: number;
  /** Posts on the X side, a multiple of 10; a tenth of them repeat titles of the feeds. @default 0 */
  readonly posts?: number;
  /** The newsroom's address, without a slash at the end; links begin with it. @default http://newsroom.example */
  readonly baseUrl?: string;
}

/** One feed of the edition, with its document. */
export interface EditionFeed extends RenderedDocument {
  readonly id: string;
  /** The source that it belongs to in the edition's definition. */
  readonly source: string;
  readonly path: string;
  /** Whether anything can be read in it; when not, it has to end in the DLQ. */
  readonly readable: boolean;
  readonly stories: readonly Story[];
}

/** What has to come out when every feed and post of the edition has gone through the pipeline. */
export interface EditionFigures {
  /** Documents, readable or not, and posts. */
  readonly raw: number;
  /** Items in the readable documents, and posts. */
  readonly received: number;
  /** News with different ids. */
  readonly stored: number;
  readonly processed: number;
  /** Documents that can't be read. */
  readonly dlq: number;
  /** Ids of the stored news, sorted. */
  readonly ids: readonly string[];
}

export interface Edition {
  readonly feeds: readonly EditionFeed[];
  /** In the order in which they are published. */
  readonly posts: readonly EditionPost[];
  readonly figures: EditionFigures;
}

export const DEFAULT_EDITION_ITEMS = 1_000;
export const DEFAULT_EDITION_POSTS = 0;
const FEWEST_ITEMS = 50;
const FIRST_DATE = Date.UTC(2025, 0, 6, 6);
const MINUTE_MS = 60_000;
/** Papers that print a desk of their own: each agency story is repeated by exactly one. */
const REPEATERS: ReadonlyMap<Desk, Paper> = new Map(
  AGENCY_DESKS.map((desk) => [desk, PAPERS.find((paper) => paper.desk === desk) as Paper]),
);

/**
 * Builds the edition: a fifth of the items are the agency's, a fifth repeat each of those in the paper that prints its
 * desk, the rest is the papers' own. A tenth of the posts repeat a title of the feeds; no other two titles are the same.
 * @throws {RangeError} when the number of items or posts can't be divided so
 */
export function buildEdition(options: EditionOptions = {}): Edition {
  const { items = DEFAULT_EDITION_ITEMS, posts = DEFAULT_EDITION_POSTS, baseUrl = 'http://newsroom.example' } = options;
  if (!Number.isInteger(items) || items < FEWEST_ITEMS || items % 5 !== 0) {
    throw new RangeError(`an edition can't have ${items} items: allowed are multiples of 5 from ${FEWEST_ITEMS}`);
  }
  const writer = new EditionWriter();
  const repeats = items / 5;
  for (let index = 0; index < repeats; index++) {
    const desk = AGENCY_DESKS[index % AGENCY_DESKS.length] as Desk;
    const draft = writer.writeNew(desk);
    writer.print(AGENCY, draft);
    writer.printAgain(REPEATERS.get(desk) as Paper, draft);
  }
  for (let index = 0; index < items - 2 * repeats; index++) {
    const paper = PAPERS[index % PAPERS.length] as Paper;
    writer.print(paper, writer.writeNew(paper.desk));
  }
  return compose(writer, posts, baseUrl);
}

/** Writes titles that are all different, and keeps what each paper prints. */
class EditionWriter {
  readonly #random = new Random('edition');
  readonly #titles = new Set<string>();
  readonly #stories = new Map<string, Story[]>();
  #printed = 0;

  writeNew(desk: Desk): Draft {
    for (;;) {
      const draft = writeDraft(desk, this.#random);
      const title = normaliseTitle(draft.title);
      if (this.#titles.has(title)) continue;
      this.#titles.add(title);
      return draft;
    }
  }

  print(paper: Pick<Paper, 'name' | 'title'>, draft: Draft): void {
    this.#add(paper.name, publishDraft(draft, this.#imprint(paper.title), this.#random));
  }

  printAgain(paper: Paper, draft: Draft): void {
    const imprint = this.#imprint(`${paper.title}, with ${AGENCY.title}`);
    this.#add(paper.name, repeatDraft(draft, imprint, this.#random));
  }

  /** A paper's stories, newest first. */
  storiesOf(paper: Pick<Paper, 'name'>): readonly Story[] {
    return [...(this.#stories.get(paper.name) ?? [])].reverse();
  }

  #imprint(author: string): { id: string; date: Date; author: string } {
    const number = this.#printed++;
    return { id: `edition-${number + 1}`, date: new Date(FIRST_DATE + number * MINUTE_MS), author };
  }

  #add(name: string, story: Story): void {
    const stories = this.#stories.get(name);
    if (stories) stories.push(story);
    else this.#stories.set(name, [story]);
  }
}

function compose(writer: EditionWriter, postCount: number, baseUrl: string): Edition {
  const readable = [AGENCY, ...PAPERS].map((paper): EditionFeed => {
    const { name, title, description, format } = paper;
    const { extension, render } = FORMATS[format];
    const path = `/edition/${name}.${extension}`;
    const stories = writer.storiesOf(paper);
    const language = stories[0]?.language ?? 'en';
    const document = render({ title, description, language, baseUrl, path, stories });
    return { id: name, source: paper === AGENCY ? 'agency' : 'papers', path, readable: true, stories, ...document };
  });
  const broken = BROKEN_DOCUMENTS.map(
    (document): EditionFeed => ({ ...document, source: 'broken', readable: false, stories: [] }),
  );
  const stories = readable.flatMap((feed) => feed.stories);
  const writeNew = (paper: Paper): Draft => writer.writeNew(paper.desk);
  const posts = writeEditionPosts({ count: postCount, stories, writeNew, baseUrl });
  const news = [...stories, ...posts];
  const ids = [...new Set(news.map(({ title }) => newsId('title', { title, link: '' })))].sort();
  return {
    feeds: [...readable, ...broken],
    posts,
    figures: {
      raw: readable.length + broken.length + posts.length,
      received: news.length,
      stored: ids.length,
      processed: ids.length,
      dlq: broken.length,
      ids,
    },
  };
}

/** What `/edition.json` answers: the feeds, how many posts there are, and the figures. */
export function describeEdition({ feeds, posts, figures }: Edition): EditionFigures & {
  readonly feeds: readonly Pick<EditionFeed, 'id' | 'source' | 'path' | 'readable'>[];
  readonly posts: number;
} {
  const described = feeds.map(({ id, source, path, readable }) => ({ id, source, path, readable }));
  return { feeds: described, posts: posts.length, ...figures };
}

/**
 * The definition (YAML) that collects the edition: its feeds as the sources `agency`, `papers` and `broken`, each polled
 * once an hour, so once in a run, and its posts as the source `twitter`, where it has any.
 */
export function editionDefinition(edition: Edition): string {
  const sources: Record<string, unknown> = {};
  for (const source of new Set(edition.feeds.map((feed) => feed.source))) {
    sources[source] = {
      kind: 'rss',
      allowPrivateAddresses: true,
      feeds: edition.feeds
        .filter((feed) => feed.source === source)
        .map((feed) => ({ name: feed.id, url: `newsroom:${feed.path}`, every: '1h' })),
    };
  }
  if (edition.posts.length > 0) sources.twitter = { kind: 'twitter', api: 'newsroom:/', rules: EDITION_RULES };
  return stringify({ sources });
}

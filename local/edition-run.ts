// One pass of the newsroom's fixed edition through a whole pipeline, and the figures that came of it.
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { MongoClient } from 'mongodb';
import { OBSERVER } from '../workers/contract/observer.ts';
import { FEEDS_STREAM } from '../workers/contract/subjects.ts';
import { startNewsroom } from './newsroom.ts';
import { Observer } from './observer.ts';
import { Stack } from './stack.ts';

/** What `/edition.json` of the newsroom says must come out. */
interface Expectation {
  readonly feeds: readonly unknown[];
  readonly raw: number;
  readonly received: number;
  readonly stored: number;
  readonly processed: number;
  readonly dlq: number;
  readonly ids: readonly string[];
}

/** What came out. `lost` and `duplicated` count news ids, `seconds` is from the first worker's start to the last item. */
export interface Figures {
  readonly feeds: number;
  readonly raw: number;
  readonly received: number;
  readonly stored: number;
  readonly processed: number;
  readonly dlq: number;
  readonly lost: number;
  readonly duplicated: number;
  readonly seconds: number;
}

/** Figures, and those of them that are not as expected. */
export interface EditionResult {
  readonly figures: Figures;
  readonly deviations: readonly string[];
}

/** How an edition is run. */
export interface EditionOptions {
  readonly bundleDirectory: string;
  readonly cacheDirectory: string;
  /** Emptied before and removed after. */
  readonly stateDirectory: string;
  /** @default the newsroom's own */
  readonly items?: number;
  /** Posts on X. @default 500 */
  readonly posts?: number;
  /** Settings of workers, as YAML that is put under `workers:` of the definition. @default none */
  readonly workers?: string;
  readonly timeoutMs: number;
  readonly progress: (line: string) => void;
  /** Called again and again while news flow, with how many were processed so far. @default nothing to do */
  readonly onProgress?: (stack: Stack, processed: number) => void;
  readonly stop: AbortSignal;
}

const EDITION_POSTS = 500;
const POLL_INTERVAL_MS = 50;
/** Not the user's own database: the figures count what is in it. */
const DATABASE_NAME = 'newsjet_edition';

/** Runs the edition through a pipeline of its own and stops it again. */
export async function runEdition(options: EditionOptions): Promise<EditionResult> {
  const { bundleDirectory, cacheDirectory, stateDirectory, items } = options;
  await rm(stateDirectory, { recursive: true, force: true });
  await mkdir(join(stateDirectory, 'logs'), { recursive: true, mode: 0o700 });
  const newsroom = await startNewsroom({
    bundleDirectory,
    logFile: join(stateDirectory, 'logs', 'newsroom.log'),
    port: 0,
    ...(items === undefined ? {} : { editionItems: items }),
    editionPosts: options.posts ?? EDITION_POSTS,
  });
  let stack: Stack | undefined;
  let observer: Observer | undefined;
  try {
    const expected = (await (await fetch(`${newsroom.url}/edition.json`)).json()) as Expectation;
    const definition = await (await fetch(`${newsroom.url}/edition.yaml`)).text();
    let startedAt = 0;
    stack = await Stack.start({
      definition: {
        text: `${definition}${options.workers ? `workers:\n${options.workers}` : ''}`,
        file: 'edition.yaml',
      },
      bundleDirectory,
      cacheDirectory,
      stateDirectory,
      certificateDirectory: join(stateDirectory, 'certs'),
      pagePort: 0,
      newsroomUrl: newsroom.url,
      databaseName: DATABASE_NAME,
      extraIdentities: [OBSERVER],
      progress: options.progress,
      onBootstrapped: async ({ natsUrls, tls, database }) => {
        await emptyDatabase(database.uri);
        observer = await Observer.start({ natsUrls, tls: tls(OBSERVER.name) });
        startedAt = performance.now();
      },
    });
    const watch = observer as unknown as Observer;
    await untilDone(options, stack, watch, expected);
    return compare(expected, await measure(stack, watch, expected, (performance.now() - startedAt) / 1_000));
  } finally {
    await observer?.stop();
    await stack?.stop();
    await newsroom.stop();
    await rm(stateDirectory, { recursive: true, force: true });
  }
}

/** Waits until all that is expected has come out and no worker has anything left to do, or the time is up. */
async function untilDone(
  options: EditionOptions,
  stack: Stack,
  observer: Observer,
  expected: Expectation,
): Promise<void> {
  const deadline = performance.now() + options.timeoutMs;
  while (performance.now() < deadline && !options.stop.aborted) {
    const { raw, processed, dlq } = await observer.observe();
    options.onProgress?.(stack, processed.size);
    if (raw >= expected.raw && processed.size >= expected.processed && dlq >= expected.dlq) {
      const consumers = stack.topology.consumers.filter(({ stream }) => stream !== FEEDS_STREAM);
      const left = await Promise.all(consumers.map(({ stream, name }) => observer.outstanding(stream, name)));
      if (left.every((count) => count === 0)) return;
    }
    await delay(POLL_INTERVAL_MS);
  }
}

async function emptyDatabase(uri: string): Promise<void> {
  const client = new MongoClient(uri);
  try {
    await client.db(DATABASE_NAME).collection('news').deleteMany({});
  } finally {
    await client.close();
  }
}

async function measure(stack: Stack, observer: Observer, expected: Expectation, seconds: number): Promise<Figures> {
  const { raw, received, processed, dlq } = await observer.observe();
  const client = new MongoClient(stack.database.uri);
  try {
    const documents = await client
      .db(DATABASE_NAME)
      .collection<{ _id: string }>('news')
      .find({}, { projection: { _id: 1 } })
      .toArray();
    const stored = new Set(documents.map(({ _id }) => _id));
    return {
      feeds: stack.topology.feeds.length,
      raw,
      received,
      stored: documents.length,
      processed: processed.size,
      dlq,
      lost: expected.ids.filter((id) => !stored.has(id) || !processed.has(id)).length,
      duplicated: [...processed.values()].filter((times) => times > 1).length,
      seconds: Math.round(seconds * 100) / 100,
    };
  } finally {
    await client.close();
  }
}

function compare(expected: Expectation, figures: Figures): EditionResult {
  const wanted: Partial<Figures> = {
    feeds: expected.feeds.length,
    raw: expected.raw,
    received: expected.received,
    stored: expected.stored,
    processed: expected.processed,
    dlq: expected.dlq,
    lost: 0,
    duplicated: 0,
  };
  const deviations = Object.entries(wanted).flatMap(([name, value]) =>
    figures[name as keyof Figures] === value ? [] : [`${name} is ${figures[name as keyof Figures]}, expected ${value}`],
  );
  return { figures, deviations };
}

// The newsroom's HTTP server: live feeds, the edition, articles and pictures, and the X side under /2/.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { closeServer, listenOn } from '../runtime/http-server.ts';
import { buildEdition, describeEdition, type Edition, editionDefinition } from './edition.ts';
import { FORMATS } from './formats/formats.ts';
import { DEFAULT_LIVE, LIVE_FEEDS, type LiveOptions, liveFeed, liveStory } from './live.ts';
import { renderArticle, renderFrontPage, renderImage } from './pages.ts';
import { type Reply, sendReply } from './replies.ts';
import type { Story } from './story.ts';
import { EditionFeeder } from './x/edition-feeder.ts';
import { LiveFeeder } from './x/live-feeder.ts';
import { livePostStory } from './x/live-posts.ts';
import { XApi } from './x/x-api.ts';
import type { XApiOptions } from './x/x-api-options.ts';

export interface NewsroomOptions {
  readonly host: string;
  /** 0 takes any port that is free. */
  readonly port: number;
  /** The clock, in milliseconds since 1970. @default Date.now */
  readonly now?: () => number;
  /** What the live news are made from; replicas with the same one publish the same news. @default newsroom */
  readonly seed?: string;
  /** Time between two live items over all feeds, in milliseconds. @default 1500 */
  readonly intervalMs?: number;
  /** Items in the edition: see buildEdition. @default 1000 */
  readonly editionItems?: number;
  /** Posts in the edition: see buildEdition. @default 0 */
  readonly editionPosts?: number;
  /** How fast the edition's posts are published. @default 100 */
  readonly editionPostsPerSecond?: number;
  /** How the X side behaves: see XApi. @default as documented by X, with the token `newsroom` */
  readonly x?: Omit<XApiOptions, 'now'>;
  /** The address that links begin with, where it is not the one listened on. @default http://<host>:<port> */
  readonly publicUrl?: string;
}

/** A newsroom at work. */
export interface Newsroom {
  /** Its address, without a slash at the end. */
  readonly url: string;
  /** The X side, whose base URL is the newsroom's. */
  readonly x: XApi;
  /** Stops listening, lets answers under way finish for up to two seconds, and closes every connection. */
  close(): Promise<void>;
}

/** The newsroom could not listen where it was told to. */
export class NewsroomListenError extends Error {
  override readonly name = 'NewsroomListenError';

  constructor(host: string, port: number, cause: NodeJS.ErrnoException) {
    const advice =
      cause.code === 'EADDRINUSE' ? 'another process listens there; stop it or set PORT' : 'set HOST and PORT';
    super(`the newsroom can't listen on ${host}:${port} (${cause.code ?? cause.message}): ${advice}`, { cause });
  }
}

const LIVE_MAX_AGE_S = 1;
const FIXED_MAX_AGE_S = 3_600;
const CLOSE_AFTER_MS = 2_000;
const DEFAULT_POSTS_PER_SECOND = 100;
const HTML = 'text/html; charset=utf-8';

/**
 * Starts a newsroom.
 * @throws {NewsroomListenError} when the address is taken or not this machine's
 * @throws {RangeError} when the edition can't have so many items or posts, or the interval is not a positive number
 */
export async function startNewsroom(options: NewsroomOptions): Promise<Newsroom> {
  const { host, port } = options;
  const server = createServer();
  await listenOn(server, options, (cause) => new NewsroomListenError(host, port, cause));
  const { port: actualPort } = server.address() as AddressInfo;
  // 0.0.0.0 and :: are where one listens, not where one connects to.
  const name = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host.includes(':') ? `[${host}]` : host;
  const url = `http://${name}:${actualPort}`;
  let desk: NewsDesk;
  try {
    desk = openDesk({ ...options, publicUrl: options.publicUrl ?? url });
  } catch (error) {
    server.close();
    throw error;
  }
  const { x, route } = desk;
  server.on('request', (request, response) => {
    if (XApi.owns(request.url ?? '')) void x.handle(request, response);
    else answer(server, request, response, route);
  });
  return {
    url,
    x,
    close: () => {
      desk.close();
      return closeServer(server, CLOSE_AFTER_MS);
    },
  };
}

function answer(
  server: Server,
  request: IncomingMessage,
  response: ServerResponse,
  route: (path: string) => Reply | undefined,
): void {
  // While closing, connections that are kept alive would hold the server up.
  if (!server.listening) response.setHeader('Connection', 'close');
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.setHeader('Allow', 'GET, HEAD');
    sendReply(request, response, { status: 405, contentType: 'text/plain', body: 'only GET and HEAD\n' });
    return;
  }
  const path = (request.url ?? '/').split('?')[0] as string;
  const missing = { status: 404, contentType: 'text/plain', body: 'no such page; / lists the feeds\n' };
  sendReply(request, response, route(path) ?? missing);
}

/** What the newsroom publishes: its answers as a function of the path (and the clock), and the X side. */
interface NewsDesk {
  readonly route: (path: string) => Reply | undefined;
  readonly x: XApi;
  readonly close: () => void;
}

function openDesk(options: NewsroomOptions & { readonly publicUrl: string }): NewsDesk {
  const { now = Date.now, seed = DEFAULT_LIVE.seed, intervalMs = DEFAULT_LIVE.intervalMs } = options;
  if (!(intervalMs > 0))
    throw new RangeError(`items can't appear every ${intervalMs} ms: the interval must be positive`);
  const baseUrl = options.publicUrl.replace(/\/+$/, '');
  const live = { seed, intervalMs };
  const edition = buildEdition({
    baseUrl,
    ...(options.editionItems === undefined ? {} : { items: options.editionItems }),
    ...(options.editionPosts === undefined ? {} : { posts: options.editionPosts }),
  });
  const x = new XApi({ ...options.x, now });
  const feeders = [
    new LiveFeeder(x, { live, baseUrl, now }),
    new EditionFeeder(x, edition.posts, options.editionPostsPerSecond ?? DEFAULT_POSTS_PER_SECOND),
  ];
  return {
    route: createRoutes({ baseUrl, live, now, edition }),
    x,
    close: () => {
      for (const feeder of feeders) feeder.close();
      x.close();
    },
  };
}

function createRoutes({
  baseUrl,
  live,
  now,
  edition,
}: {
  readonly baseUrl: string;
  readonly live: LiveOptions;
  readonly now: () => number;
  readonly edition: Edition;
}): (path: string) => Reply | undefined {
  const fixed = fixedReplies(edition);

  const liveReply = (name: string): Reply => {
    const feed = liveFeed(name, now(), live);
    const newest = feed.stories[0];
    return { ...feed.render(baseUrl), maxAgeS: LIVE_MAX_AGE_S, ...(newest ? { lastModified: newest.date } : {}) };
  };
  const printed = [...edition.feeds.flatMap((feed) => feed.stories), ...edition.posts.map(({ story }) => story)];
  const editionStories = new Map(printed.map((story) => [story.id, story]));
  const findStory = (id: string): Story | undefined =>
    editionStories.get(id) ?? liveStory(id, now(), live) ?? livePostStory(id, now(), live);

  return (path) => {
    const feed = LIVE_FEEDS.find((candidate) => candidate.path === path);
    if (feed) return liveReply(feed.name);
    const [, kind, id = ''] = /^\/(articles|images)\/([0-9a-z-]+)(?:\.svg)?$/.exec(path) ?? [];
    if (kind) {
      const story = findStory(id);
      if (!story) return undefined;
      if (path === `/articles/${id}`)
        return { contentType: HTML, body: renderArticle(story), maxAgeS: FIXED_MAX_AGE_S };
      if (path !== `/images/${id}.svg`) return undefined;
      return { contentType: 'image/svg+xml', body: renderImage(id), maxAgeS: FIXED_MAX_AGE_S };
    }
    return fixed.get(path);
  };
}

/** The answers that never change: the front page, the probe and the edition. */
function fixedReplies(edition: Edition): ReadonlyMap<string, Reply> {
  const listed = LIVE_FEEDS.map(({ path, publisher: { title, description, format } }) => ({
    path,
    title,
    description,
    format: FORMATS[format].says,
  }));
  const newest = (stories: readonly Story[]) => (stories[0] ? { lastModified: stories[0].date } : {});
  return new Map<string, Reply>([
    ['/', { contentType: HTML, body: renderFrontPage(listed) }],
    ['/healthz', { contentType: 'text/plain; charset=utf-8', body: 'ok\n' }],
    [
      '/edition.json',
      {
        contentType: 'application/json',
        body: `${JSON.stringify(describeEdition(edition), null, 1)}\n`,
        maxAgeS: FIXED_MAX_AGE_S,
      },
    ],
    ['/edition.yaml', { contentType: 'application/yaml', body: editionDefinition(edition), maxAgeS: FIXED_MAX_AGE_S }],
    ...edition.feeds.map(({ path, contentType, body, stories }): [string, Reply] => [
      path,
      { contentType, body, maxAgeS: FIXED_MAX_AGE_S, ...newest(stories) },
    ]),
  ]);
}

// The newsroom as a process: listens on HOST and PORT until SIGTERM or SIGINT.
import { integer, list, text } from '../runtime/environment.ts';
import { runService } from '../runtime/service.ts';
import { DEFAULT_EDITION_ITEMS, DEFAULT_EDITION_POSTS } from './edition.ts';
import { DEFAULT_LIVE } from './live.ts';
import { startNewsroom } from './server.ts';

const OPTIONS = {
  host: text('HOST', { otherwise: '127.0.0.1' }),
  /** 0 takes any port that is free; the log says which. */
  port: integer('PORT', 0, 65_535, { otherwise: 8_700 }),
  seed: text('NEWSROOM_SEED', { otherwise: DEFAULT_LIVE.seed }),
  intervalMs: integer('NEWSROOM_INTERVAL_MS', 10, 3_600_000, { otherwise: DEFAULT_LIVE.intervalMs }),
  editionItems: integer('NEWSROOM_EDITION_ITEMS', 50, 1_000_000, { otherwise: DEFAULT_EDITION_ITEMS }),
  editionPosts: integer('NEWSROOM_EDITION_POSTS', 0, 100_000, { otherwise: DEFAULT_EDITION_POSTS }),
  /** Bearer tokens that the X side accepts: made up, and no secret. */
  xTokens: list('NEWSROOM_X_TOKEN', { otherwise: ['newsroom'] }),
  /** The address that links begin with; empty means the one listened on. */
  publicUrl: text('NEWSROOM_PUBLIC_URL', { otherwise: '' }),
} as const;

await runService('newsroom', OPTIONS, async ({ publicUrl, xTokens, ...settings }, log) => {
  const newsroom = await startNewsroom({ ...settings, x: { tokens: xTokens }, ...(publicUrl ? { publicUrl } : {}) });
  log.info({ url: newsroom.url }, 'listening');
  return newsroom;
});

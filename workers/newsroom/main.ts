// The newsroom as a process: listens on HOST and PORT until SIGTERM or SIGINT.
import { EnvironmentError, integer, readEnvironment, text } from '../runtime/environment.ts';
import { reasonOf } from '../runtime/errors.ts';
import { createLogger } from '../runtime/log.ts';
import { DEFAULT_EDITION_ITEMS } from './edition.ts';
import { DEFAULT_LIVE } from './live.ts';
import { startNewsroom } from './server.ts';

/** Settings wrong: distinct from 1, a failure at work. */
const EXIT_SETTINGS = 2;

const OPTIONS = {
  host: text('HOST', { otherwise: '127.0.0.1' }),
  /** 0 takes any port that is free; the log says which. */
  port: integer('PORT', 0, 65_535, { otherwise: 8_700 }),
  seed: text('NEWSROOM_SEED', { otherwise: DEFAULT_LIVE.seed }),
  intervalMs: integer('NEWSROOM_INTERVAL_MS', 10, 3_600_000, { otherwise: DEFAULT_LIVE.intervalMs }),
  editionItems: integer('NEWSROOM_EDITION_ITEMS', 50, 1_000_000, { otherwise: DEFAULT_EDITION_ITEMS }),
  /** The address that links begin with; empty means the one listened on. */
  publicUrl: text('NEWSROOM_PUBLIC_URL', { otherwise: '' }),
} as const;

const log = createLogger('newsroom', 'info');

try {
  const { publicUrl, ...settings } = readEnvironment(process.env, OPTIONS);
  const newsroom = await startNewsroom({ ...settings, ...(publicUrl ? { publicUrl } : {}) });
  log.info({ url: newsroom.url }, 'listening');
  const stop = async (signal: string): Promise<void> => {
    log.info({ signal }, 'stopping');
    await newsroom.close();
    log.info('stopped');
  };
  // Once each: a second signal ends the process at once.
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
} catch (error) {
  log.error({ reason: reasonOf(error) }, 'failed');
  process.exitCode = error instanceof EnvironmentError ? EXIT_SETTINGS : 1;
}

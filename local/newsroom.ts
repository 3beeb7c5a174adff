// The newsroom as a local process: feeds to collect when there is no internet.
import { join } from 'node:path';
import { Child } from './child.ts';
import { checkPort, freePorts } from './ports.ts';
import { GiveUpError, waitFor } from './wait.ts';

const START_TIMEOUT_MS = 15_000;
const STOP_GRACE_MS = 5_000;

/** The newsroom ended while it was starting; the message ends with what it said. */
export class NewsroomStartError extends GiveUpError {
  override readonly name = 'NewsroomStartError';
}

/** A running newsroom. */
export interface RunningNewsroom {
  readonly url: string;
  readonly pid: number | undefined;
  stop(): Promise<void>;
}

/**
 * Starts the newsroom.
 * @param options.port 0 takes any that is free
 * @throws {PortTakenError} {NewsroomStartError}
 */
export async function startNewsroom(options: {
  readonly bundleDirectory: string;
  readonly logFile: string;
  readonly port: number;
  /** Items of its fixed edition. @default the newsroom's own */
  readonly editionItems?: number;
  /** Posts of its fixed edition. @default none */
  readonly editionPosts?: number;
}): Promise<RunningNewsroom> {
  if (options.port !== 0) await checkPort(options.port, 'the newsroom', 'NEWSROOM_PORT');
  const port = options.port || ((await freePorts(1))[0] as number);
  const url = `http://127.0.0.1:${port}`;
  const child = new Child({
    name: 'newsroom',
    command: process.execPath,
    args: [join(options.bundleDirectory, 'newsroom', 'main.mjs')],
    environment: {
      PORT: String(port),
      ...(options.editionItems === undefined ? {} : { NEWSROOM_EDITION_ITEMS: String(options.editionItems) }),
      ...(options.editionPosts === undefined ? {} : { NEWSROOM_EDITION_POSTS: String(options.editionPosts) }),
    },
    logFile: options.logFile,
  });
  await waitFor('the newsroom answers', START_TIMEOUT_MS, async () => {
    if (child.exit) throw new NewsroomStartError(`the newsroom ended while starting; it said:\n${child.lastLines(5)}`);
    return (await fetch(`${url}/healthz`)).ok;
  });
  return {
    url,
    pid: child.pid,
    stop: async () => {
      await child.stop(STOP_GRACE_MS);
    },
  };
}

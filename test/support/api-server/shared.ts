// The API server that all tests of a run share.
import { request } from 'undici';
import { inject } from 'vitest';
import { type ApiServerAddress, readAddress } from './access.ts';

/** How long tests wait for an API server, which may have to be built first. */
export const API_SERVER_TIMEOUT_MS = 10 * 60_000;

declare module 'vitest' {
  interface ProvidedContext {
    /** Where the run's set-up answers with the folder of the API server, once it runs. */
    apiServerDesk: string;
  }
}

/**
 * The run's API server, in `beforeAll(…, API_SERVER_TIMEOUT_MS)`. Others use it too: make a namespace of your own.
 * @throws {Error} when there is none to be had, saying why, or not within 10 minutes
 */
export async function sharedApiServer(): Promise<ApiServerAddress> {
  const timeouts = { headersTimeout: API_SERVER_TIMEOUT_MS, bodyTimeout: API_SERVER_TIMEOUT_MS };
  const { statusCode, body } = await request(inject('apiServerDesk'), timeouts);
  const answer = await body.text();
  if (statusCode !== 200) throw new Error(`there is no API server for tests: ${answer}`);
  return readAddress(answer);
}

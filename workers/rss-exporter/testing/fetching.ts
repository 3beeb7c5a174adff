// What the tests of fetching share: a fetcher that may connect to exactly the given servers, and one request of it.
import { Fetcher, type FetchOptions } from '../fetch.ts';
import type { FetchOutcome, FetchRequest } from '../fetch-outcome.ts';
import type { LocalServer } from './local-server.ts';

/** Makes a fetcher for which these servers' addresses are the only ones that are not refused for being private. */
export function fetcherFor(servers: readonly LocalServer[], options: Partial<FetchOptions> = {}): Fetcher {
  return new Fetcher({
    allowPrivateAddresses: false,
    allowAddress: (ip, port) => ip === '127.0.0.1' && servers.some((server) => server.port === port),
    newsroomUrl: null,
    ...options,
  });
}

/** Fetches an address once, without validators unless given. */
export function fetchOnce(
  fetcher: Fetcher,
  url: string,
  validators: Partial<Omit<FetchRequest, 'url'>> = {},
  signal: AbortSignal = new AbortController().signal,
): Promise<FetchOutcome> {
  return fetcher.fetch({ url, etag: null, lastModified: null, ...validators }, signal);
}

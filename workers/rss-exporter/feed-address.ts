// Resolves the address of a feed to the one that is asked: `newsroom:/…` against the newsroom, http and https as they are.
import { NEWSROOM_SCHEME } from '../contract/definition.ts';
import { describeAddress } from './failure-reason.ts';

/** An address that can not be fetched as it stands. */
export class InvalidAddressError extends Error {
  override readonly name = 'InvalidAddressError';
}

/**
 * @param newsroomUrl base of `newsroom:/…` addresses, or null when there is no newsroom
 * @throws {InvalidAddressError} when it is not an address, of another scheme, or of a newsroom that there is not
 */
export function resolveAddress(address: string, newsroomUrl: string | null): URL {
  if (!URL.canParse(address)) throw new InvalidAddressError('the address of the feed can not be read as a URL');
  const url = new URL(address);
  if (url.protocol === 'http:' || url.protocol === 'https:') return url;
  if (url.protocol !== NEWSROOM_SCHEME) {
    throw new InvalidAddressError(
      `${describeAddress(address)}: only http:, https: and newsroom: addresses are fetched`,
    );
  }
  if (newsroomUrl === null) {
    throw new InvalidAddressError(`${describeAddress(address)}: there is no newsroom to ask, its address is not set`);
  }
  // Path and query are copied, not resolved: the newsroom's own host can not be escaped from.
  const target = new URL(newsroomUrl);
  target.pathname = url.pathname;
  target.search = url.search;
  return target;
}

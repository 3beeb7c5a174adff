// Follows the redirects of one poll by hand: where the next request goes, and whether the way there is worth remembering.

/** A redirect that is not followed. */
export class RedirectRefusedError extends Error {
  override readonly name = 'RedirectRefusedError';
}

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
const PERMANENT_REDIRECTS: ReadonlySet<number> = new Set([301, 308]);

/** Whether a response status sends the reader elsewhere. */
export const isRedirect = (status: number): boolean => REDIRECTS.has(status);

/** The way from the address asked for to where it leads, one redirect after another. */
export class RedirectTrail {
  readonly #start: URL;
  readonly #maxRedirects: number;
  readonly #visited: Set<string>;
  #url: URL;
  #allPermanent = true;
  #downgraded = false;

  constructor(start: URL, maxRedirects: number) {
    this.#start = start;
    this.#maxRedirects = maxRedirects;
    this.#url = start;
    this.#visited = new Set([withoutFragment(start)]);
  }

  /** Where the trail has come to. */
  get url(): URL {
    return this.#url;
  }

  /** Whether it led anywhere. */
  get moved(): boolean {
    return this.#url !== this.#start;
  }

  /** Whether every redirect so far was permanent; true before the first. */
  get allPermanent(): boolean {
    return this.#allPermanent;
  }

  /**
   * The address to remember instead of the first one, or null: after permanent redirects only, never from https to http,
   * and never when the first address carries credentials, which are not taken along.
   */
  get permanentAddress(): string | null {
    const hasCredentials = this.#start.username !== '' || this.#start.password !== '';
    if (!this.moved || !this.#allPermanent || this.#downgraded || hasCredentials) return null;
    return withoutFragment(this.#url);
  }

  /**
   * Takes one redirect.
   * @param location the Location header
   * @throws {RedirectRefusedError} without a readable http(s) address, on a loop, and beyond the allowed number
   */
  follow(status: number, location: string | null): void {
    if (location === null) throw new RedirectRefusedError(`answered ${status} without saying where to go`);
    if (this.#visited.size > this.#maxRedirects) {
      throw new RedirectRefusedError(`redirects more than ${this.#maxRedirects} times`);
    }
    const next = URL.canParse(location, this.#url.href) ? new URL(location, this.#url) : null;
    if (!next) throw new RedirectRefusedError('redirects to an address that can not be read');
    if (next.protocol !== 'http:' && next.protocol !== 'https:') {
      throw new RedirectRefusedError(`redirects to ${next.protocol.slice(0, 40)}, which is neither http: nor https:`);
    }
    next.username = '';
    next.password = '';
    if (this.#visited.has(withoutFragment(next))) throw new RedirectRefusedError('redirects in a loop');
    if (!PERMANENT_REDIRECTS.has(status)) this.#allPermanent = false;
    if (this.#url.protocol === 'https:' && next.protocol === 'http:') this.#downgraded = true;
    this.#visited.add(withoutFragment(next));
    this.#url = next;
  }
}

function withoutFragment(url: URL): string {
  const copy = new URL(url);
  copy.hash = '';
  return copy.href;
}

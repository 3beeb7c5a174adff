// Reads the response headers that say what to remember and when to come back.

/** Response headers as undici hands them over. */
export type ResponseHeaders = Readonly<Record<string, string | string[] | undefined>>;

/** Returns a header's value, repeated ones joined with commas, or null when there is none. */
export function headerValue(headers: ResponseHeaders, name: string): string | null {
  const value = headers[name];
  if (value === undefined) return null;
  return Array.isArray(value) ? value.join(', ') : value;
}

/**
 * Returns an ETag or Last-Modified exactly as it was sent, for the next conditional request; null when there is none,
 * or when it could not be sent back (control characters, more than 1,024 characters).
 */
export function validatorValue(headers: ResponseHeaders, name: string): string | null {
  const value = headers[name];
  return typeof value === 'string' && /^[\x20-\x7e\x80-\xff]{1,1024}$/.test(value) ? value : null;
}

/** Reads `max-age` of Cache-Control, in milliseconds; null when it has none. */
export function cacheControlMaxAgeMs(header: string | null): number | null {
  const match = /(?:^|,)\s*max-age\s*=\s*"?(\d{1,10})"?\s*(?:,|$)/i.exec(header ?? '');
  return match ? Number(match[1]) * 1_000 : null;
}

/**
 * Reads Retry-After, as seconds or as an HTTP date in any of its three forms.
 * @returns milliseconds from `nowMs`, 0 for a date gone by, null when it can't be read
 */
export function retryAfterMs(header: string | null, nowMs: number): number | null {
  const value = header?.trim() ?? '';
  if (/^\d{1,12}$/.test(value)) return Number(value) * 1_000;
  // Date.parse takes all sorts of text for dates, so only what starts with a day's name gets there.
  if (!/^(mon|tue|wed|thu|fri|sat|sun)[a-z]*,? /i.test(value)) return null;
  // The asctime form names no zone; HTTP dates are always GMT.
  const dateMs = Date.parse(/ GMT$/i.test(value) ? value : `${value} GMT`);
  return Number.isNaN(dateMs) ? null : Math.max(0, dateMs - nowMs);
}

// Ids of posts: decimal numbers beyond what a JavaScript number holds, which grow with time.

/** The first moment that an id can tell, in Unix milliseconds. */
const EPOCH_MS = 1_288_834_974_657n;
/** Bits of an id below its time. */
const TIME_SHIFT = 22n;
/** Ids from before this way of numbering tell no time. */
const MIN_LENGTH = 15;

const isPostId = (id: string): boolean => /^[1-9]\d{0,18}$/.test(id);

/** The newer of two ids; null stands for none. */
export function newerId(a: string | null, b: string | null): string | null {
  if (a === null || b === null) return a ?? b;
  return a.length > b.length || (a.length === b.length && a > b) ? a : b;
}

/** When the post of an id was made; null when the id does not tell. */
export function timeOfId(id: string): Date | null {
  if (!isPostId(id) || id.length < MIN_LENGTH) return null;
  return new Date(Number((BigInt(id) >> TIME_SHIFT) + EPOCH_MS));
}

/** An id as old as `id` less some milliseconds; the id itself when it tells no time. */
export function earlierId(id: string, ms: number): string {
  if (timeOfId(id) === null) return id;
  const earlier = BigInt(id) - (BigInt(ms) << TIME_SHIFT);
  return earlier > 0n ? String(earlier) : id;
}

// Durations as people write them in a definition: `500ms`, `3s`, `15m`, `2h`, `1d`.

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** What a duration looks like, for messages about one that does not. */
export const DURATION_FORM = 'a number and a unit (ms, s, m, h, d), such as 3s or 15m';

/**
 * Reads a duration.
 * @returns milliseconds, or undefined when the text is not a positive duration
 */
export function parseDurationMs(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(text.trim());
  if (!match) return undefined;
  const milliseconds = Math.round(Number(match[1]) * (UNIT_MS[match[2] as string] as number));
  return milliseconds >= 1 && Number.isSafeInteger(milliseconds) ? milliseconds : undefined;
}

/** Writes a duration in the largest unit that it is a whole number of. */
export function formatDuration(milliseconds: number): string {
  const unit = Object.entries(UNIT_MS).findLast(([, unitMs]) => milliseconds % unitMs === 0);
  return unit ? `${milliseconds / unit[1]}${unit[0]}` : `${milliseconds}ms`;
}

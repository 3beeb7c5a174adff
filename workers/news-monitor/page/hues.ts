// Which colour a source has: by its place among all sources, so that neighbours differ and every page agrees.

const HUES = 6;

let places = new Map<string, number>();

/** The number of a source's colour; one that is not among the known sources has the first. */
export const hueOf = (source: string): string => String((places.get(source) ?? 0) % HUES);

/** Learns all sources, and colours what was shown before they were known. */
export function setSources(sources: readonly string[]): void {
  const sorted = [...new Set(sources)].sort();
  if (sorted.length === places.size && sorted.every((source, place) => places.get(source) === place)) return;
  places = new Map(sorted.map((source, place) => [source, place]));
  for (const chip of document.querySelectorAll<HTMLElement>('.chip')) chip.dataset.hue = hueOf(chip.textContent ?? '');
}

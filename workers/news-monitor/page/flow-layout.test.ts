import { describe, expect, it } from 'vitest';
import { type Box, layOut } from './flow-layout.ts';

const lanes = (count: number) => Array.from({ length: count }, (_, index) => `s${index}`);

const overlap = (a: Box, b: Box): boolean =>
  a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;

const CASES = [
  [300, 1],
  [300, 2],
  [320, 3],
  [700, 3],
  [860, 1],
  [1_200, 4],
  [1_200, 6],
] as const;

describe.each(CASES)('%i pixels with %i lanes', (width, count) => {
  const layout = layOut(lanes(count), width);

  it('holds everything, and nothing lies on something else', () => {
    for (const { key, x, y, width: wide, height } of layout.boxes) {
      expect(x >= 0 && y >= 0 && x + wide <= width && y + height <= layout.height, key).toBe(true);
    }
    const pairs = layout.boxes.flatMap((a, index) => layout.boxes.slice(index + 1).map((b) => [a, b] as const));
    expect(pairs.filter(([a, b]) => overlap(a, b)).map(([a, b]) => [a.key, b.key])).toEqual([]);
  });

  it('draws every edge in the direction of the flow', () => {
    expect(layout.vertical).toBe(width < 860);
    expect(layout.lines).toHaveLength(3 * count + 4);
    for (const { key, path } of layout.lines) {
      const numbers = path.match(/-?[\d.]+/g)?.map(Number) ?? [];
      const main = layout.vertical ? 1 : 0;
      const [start, end] = [numbers[main] as number, numbers.at(main - 2) as number];
      expect(end, key).toBeGreaterThan(start);
    }
  });
});

// The figures that a run comes to: each is noted when it is known, and all are printed at the end.
import { appendFile, mkdir, readFile, rm } from 'node:fs/promises';
import { dirname } from 'node:path';

const FILE = '.newsjet/e2e/figures.jsonl';

/** Counts that are summed up over all scenarios; of other figures, the last one stays. */
const SUMMED = new Set(['items', 'lost', 'duplicated']);

/** Forgets the figures of an earlier run. */
export async function clearFigures(): Promise<void> {
  await mkdir(dirname(FILE), { recursive: true });
  await rm(FILE, { force: true });
}

/** Notes a figure; names are in snake case, with the unit at their end. */
export async function noteFigure(name: string, value: number): Promise<void> {
  await appendFile(FILE, `${JSON.stringify({ name, value })}\n`);
}

/** All figures of this run. */
export async function readFigures(): Promise<Record<string, number>> {
  const text = await readFile(FILE, 'utf8').catch(() => '');
  const figures: Record<string, number> = {};
  for (const line of text.split('\n').filter((each) => each !== '')) {
    const { name, value } = JSON.parse(line) as { name: string; value: number };
    figures[name] = SUMMED.has(name) ? (figures[name] ?? 0) + value : value;
  }
  return figures;
}

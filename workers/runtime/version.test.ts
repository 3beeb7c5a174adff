import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { METRICS } from '../contract/metrics.ts';
import { createRegistry } from './metrics.ts';
import { VERSION } from './version.ts';

it('is the version of the package, and what a process says of itself', async () => {
  const file = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  expect(VERSION).toBe(JSON.parse(file).version);
  const metrics = await createRegistry('news-creator').metrics();
  expect(metrics).toContain(
    `${METRICS.build.name}{version="${VERSION}",node="${process.versions.node}",worker="news-creator"} 1\n`,
  );
});

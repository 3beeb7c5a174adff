// What every component is made from, and what one may need of it.
import { createHash } from 'node:crypto';
import type { Topology } from '../workers/contract/topology.ts';
import type { Settings } from './settings.ts';
import type { Versions } from './versions.ts';

/** What the manifests follow from. */
export interface ComponentProps {
  readonly topology: Topology;
  readonly versions: Versions;
  readonly settings: Settings;
}

/** Ten hexadecimal digits that stand for a value: what is named by them is another thing when the value is another. */
export const contentHash = (value: unknown): string =>
  createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 10);

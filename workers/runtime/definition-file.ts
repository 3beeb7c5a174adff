// Reads the definition that a process is given as a file, and what follows from it.
import { readFile } from 'node:fs/promises';
import { parseDefinition } from '../contract/parse-definition.ts';
import { computeTopology, type Topology } from '../contract/topology.ts';
import { FatalError } from './errors.ts';

/**
 * Computes the topology of the definition in a file.
 * @throws {FatalError} with every problem of the definition, or the reason why the file can't be read
 */
export async function readTopology(file: string): Promise<Topology> {
  try {
    return computeTopology(parseDefinition(await readFile(file, 'utf8'), file));
  } catch (error) {
    throw new FatalError(`can't use the definition ${file}`, { cause: error });
  }
}

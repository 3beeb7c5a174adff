// What the manifests in the cluster were made from: the definition and settings that charts/ brings in a ConfigMap.
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import type { Settings } from '../../../cdk8s/settings.ts';
import { declarationOf, type SynthesisOptions } from '../../../cdk8s/synthesis.ts';
import type { Versions } from '../../../cdk8s/versions.ts';
import { FatalError } from '../../runtime/errors.ts';

/** All that a synthesis needs. */
export type Base = Required<Omit<SynthesisOptions, 'sources'>>;

/**
 * Reads the files of that ConfigMap.
 * @throws {FatalError} naming the file that can't be used
 */
export async function readBase(definitionFile: string, settingsFile: string): Promise<Base> {
  const text = await read('DEFINITION', definitionFile);
  const settingsText = await read('SETTINGS', settingsFile);
  try {
    const { settings, versions } = JSON.parse(settingsText) as { settings: Settings; versions: Versions };
    const base = { definition: { text, file: basename(definitionFile) }, settings, versions };
    declarationOf(base);
    return base;
  } catch (error) {
    throw new FatalError(`can't synthesize from ${definitionFile} and ${settingsFile}`, { cause: error });
  }
}

async function read(variable: string, file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new FatalError(`${variable} names ${JSON.stringify(file)}, which can't be read`, { cause: error });
  }
}

// The command behind `make synth`: definition -> topology -> charts -> files.
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { writeSynthesis } from './manifest-directory.ts';
import { parseArguments } from './settings.ts';
import { needingServerSide, synthesize, synthesizeDefinitions } from './synthesis.ts';

try {
  const { definitionFile, directory, settings } = parseArguments(process.argv.slice(2));
  const text = await readFile(definitionFile, 'utf8');
  const files = synthesize({ definition: { text, file: basename(definitionFile) }, settings });
  const definitions = synthesizeDefinitions(settings);
  const { written, removed } = await writeSynthesis(directory, { files, definitions });
  const all = [...definitions, ...files];
  const count = all.reduce((sum, { manifests }) => sum + manifests.length, 0);
  console.log(
    `${directory}: ${count} objects in ${all.length} files, ${written.length} written, ${removed.length} removed`,
  );
  for (const object of needingServerSide(all)) {
    console.warn(`${object} is too large for kubectl apply: use kubectl apply --server-side`);
  }
} catch (error) {
  console.error(`synth: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}

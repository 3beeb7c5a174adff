// `make replay`: puts dead letters of the pipeline that `make run` runs back where they came from.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { REPLAY } from '../workers/contract/roles.ts';
import { command } from './command.ts';
import { natsUrlsOf } from './connection-file.ts';
import { connectionEnvironment, identityFiles } from './identity-files.ts';
import { BUNDLE_DIRECTORY, CERTIFICATE_DIRECTORY, definitionFile, stateDirectory } from './settings.ts';

/** Servers that are not there are found out soon: nobody waits for a pipeline that does not run. */
const TIMEOUT_MS = '30000';

await command(async (stop) => {
  const { SEQUENCE = '', CONSUMER = '' } = process.env;
  const urls = await natsUrlsOf(stateDirectory(definitionFile(process.env).name));
  const child = spawn(process.execPath, [join(BUNDLE_DIRECTORY, REPLAY, 'main.mjs')], {
    env: {
      ...connectionEnvironment(REPLAY, urls, identityFiles(CERTIFICATE_DIRECTORY, REPLAY)),
      ...{ SEQUENCE, CONSUMER, TIMEOUT_MS },
    },
    stdio: 'inherit',
  });
  stop.addEventListener('abort', () => child.kill('SIGTERM'));
  const [code] = (await once(child, 'exit')) as [number | null];
  return code === 0;
});

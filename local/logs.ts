// `make logs`: the logs of the run that `CONFIG` names, readably, and then what is added until Ctrl-C; with TRACE=… those of one trace.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { command } from './command.ts';
import { LogFollower } from './log-follower.ts';
import { formatLogLine, isOfTrace, type LogLine } from './log-line.ts';
import { definitionFile, SettingError, stateDirectory } from './settings.ts';

const INTERVAL_MS = 500;
/** Of what was written before, so many lines are shown; of a trace, all. */
const LAST_LINES = 200;

await command(async (stop) => {
  const { name } = definitionFile(process.env);
  const directory = join(stateDirectory(name), 'logs');
  if (!existsSync(directory)) throw new SettingError(`there are no logs of ${name} yet: make run writes them`);
  const trace = process.env.TRACE ?? '';
  if (!/^[\da-f]{0,32}$/.test(trace)) {
    throw new SettingError(
      `TRACE is ${JSON.stringify(trace)}; allowed: a trace id of 32 hexadecimal digits, or its beginning`,
    );
  }
  // Whoever reads through a pipe may have read enough.
  process.stdout.on('error', () => process.exit(0));
  const isWanted = (line: LogLine): boolean => trace === '' || isOfTrace(line, trace);
  const show = (lines: readonly LogLine[]): void => {
    for (const line of lines) console.log(formatLogLine(line, { color: process.stdout.isTTY }));
  };
  const follower = await LogFollower.open(directory, 'start');
  show((await follower.read(isWanted)).slice(trace === '' ? -LAST_LINES : 0));
  while (!stop.aborted) {
    await delay(INTERVAL_MS, undefined, { signal: stop }).catch(() => {});
    show(await follower.read(isWanted));
  }
  return true;
});

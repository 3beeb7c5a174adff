// `make run`: the pipeline on this machine until Ctrl-C.
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { NEWSROOM_SCHEME } from '../workers/contract/definition.ts';
import { command } from './command.ts';
import { LogFollower } from './log-follower.ts';
import { type RunningNewsroom, startNewsroom } from './newsroom.ts';
import {
  BUNDLE_DIRECTORY,
  CACHE_DIRECTORY,
  CERTIFICATE_DIRECTORY,
  definitionFile,
  port,
  stateDirectory,
  telemetry,
  xToken,
} from './settings.ts';
import { Stack } from './stack.ts';
import { statusLines } from './status.ts';
import { Terminal } from './terminal.ts';
import { Warnings } from './warnings.ts';

const PAGE_PORT = 8_080;
const NEWSROOM_PORT = 8_700;
const PROMETHEUS_PORT = 9_090;
const STATUS_INTERVAL_MS = 1_000;

const terminal = new Terminal();

await command(async (stop) => {
  const definition = definitionFile(process.env);
  const text = await readFile(definition.path, 'utf8');
  const state = stateDirectory(definition.name);
  await mkdir(join(state, 'logs'), { recursive: true, mode: 0o700 });
  const warnings = new Warnings(await LogFollower.open(join(state, 'logs'), 'end'));
  let newsroom: RunningNewsroom | undefined;
  let stack: Stack | undefined;
  try {
    if (text.includes(NEWSROOM_SCHEME)) {
      newsroom = await startNewsroom({
        bundleDirectory: BUNDLE_DIRECTORY,
        logFile: join(state, 'logs', 'newsroom.log'),
        port: port(process.env, 'NEWSROOM_PORT', NEWSROOM_PORT),
      });
    }
    stack = await Stack.start({
      definition: { text, file: definition.path },
      bundleDirectory: BUNDLE_DIRECTORY,
      cacheDirectory: CACHE_DIRECTORY,
      stateDirectory: state,
      certificateDirectory: CERTIFICATE_DIRECTORY,
      pagePort: port(process.env, 'PORT', PAGE_PORT),
      ...(newsroom ? { newsroomUrl: newsroom.url } : {}),
      prometheus: { port: port(process.env, 'PROMETHEUS_PORT', PROMETHEUS_PORT) },
      xToken: xToken(process.env),
      telemetry: telemetry(process.env),
      progress: (line) => terminal.step(line),
    });
    const prometheusLines = stack.prometheus
      ? `  Prometheus: ${stack.prometheus.url}\n  Alerts:     ${stack.prometheus.url}alerts\n`
      : '';
    terminal.step(
      `\n  The page:   ${stack.pageUrl}\n${prometheusLines}  Logs:       ${join(state, 'logs')}\n  Stop with Ctrl-C\n`,
    );
    while (!stop.aborted) {
      for (const line of await warnings.next(process.stdout.isTTY)) terminal.step(`  ${line}`);
      const { lines, states } = await statusLines(stack);
      if (!stop.aborted) terminal.status(lines, states);
      await delay(STATUS_INTERVAL_MS, undefined, { signal: stop }).catch(() => {});
    }
    terminal.step('stopping: workers finish what they have in hand');
  } finally {
    await stack?.stop();
    await newsroom?.stop();
  }
  terminal.step('stopped');
  return true;
});

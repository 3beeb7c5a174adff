// A document that nobody can read becomes a dead letter, and is put back by the command that the page shows.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { headers } from 'nats';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runProgram } from '../../kind/program.ts';
import { waitFor } from '../../local/wait.ts';
import { RAW_DOCUMENT, schemaHeader } from '../../workers/contract/messages.ts';
import { exporterName } from '../../workers/contract/roles.ts';
import { HEADER, sourceSubject } from '../../workers/contract/subjects.ts';
import { noteFigure } from './support/figures.ts';
import { SOURCE } from './support/scenario.ts';
import { NAMESPACE, PAGE_URL, Target } from './support/target.ts';

const LETTER_TIMEOUT_MS = 60_000;
const REPLAY_TIMEOUT_MS = 120_000;

interface Board {
  readonly replayCommand: string;
  readonly dlq: { readonly latest: readonly { readonly sequenceInDlq: number; readonly reason: string }[] };
}

let target: Target;
let directory: string;
beforeAll(async () => {
  target = await Target.open();
  await target.ready();
  directory = await mkdtemp(join(tmpdir(), 'newsjet-replay-'));
});
afterAll(async () => {
  await target?.kubectl.run(['delete', 'job', '--selector', 'app.kubernetes.io/name=replay', '--ignore-not-found']);
  await target?.close();
  if (directory) await rm(directory, { recursive: true, force: true });
});

const board = async (): Promise<Board> => (await fetch(`${PAGE_URL}/api/board`)).json() as Promise<Board>;
const sequences = async (): Promise<number[]> => (await board()).dlq.latest.map(({ sequenceInDlq }) => sequenceInDlq);

describe('replay', () => {
  it('takes a letter out of the DLQ and has it processed again', async () => {
    const before = new Set(await sequences());
    const connection = await target.connect(exporterName(SOURCE));
    const all = headers();
    all.set(HEADER.schema, schemaHeader(RAW_DOCUMENT));
    const unreadable = { data: '<html><body>closed for today</body></html>', timestamp: new Date().toISOString() };
    await connection.jetstream({ checkAPI: false }).publish(sourceSubject(SOURCE), JSON.stringify(unreadable), {
      headers: all,
    });
    const [letter] = await waitFor('the letter to be on the page', LETTER_TIMEOUT_MS, async () => {
      const fresh = (await sequences()).filter((sequence) => !before.has(sequence));
      return fresh.length > 0 ? fresh : undefined;
    });
    const startedAt = performance.now();
    await runShown((await board()).replayCommand.replaceAll('{sequence}', String(letter)));
    // What can't be read once can't be read twice: it is back as another letter.
    await waitFor('the letter to be replaced by a later one', REPLAY_TIMEOUT_MS, async () => {
      const now = await sequences();
      return !now.includes(letter as number) && now.some((sequence) => sequence > (letter as number));
    });
    await noteFigure('replay_seconds', Math.round((performance.now() - startedAt) / 10) / 100);
    expect(await sequences()).not.toContain(letter);
  });
});

/** Runs a line of shell as somebody would whose kubectl asks this cluster. */
async function runShown(line: string): Promise<void> {
  expect(line).toContain(`-n ${NAMESPACE} `);
  const file = join(directory, 'kubeconfig');
  await writeFile(file, await target.kubectl.run(['config', 'view', '--minify', '--flatten']), { mode: 0o600 });
  await runProgram('bash', ['-euo', 'pipefail', '-c', `export KUBECONFIG='${file}'; ${line}`]);
}

// The status lines of a run: a line a worker, from its process and from what the monitor knows of its consumer.
import type { Stack } from './stack.ts';
import type { Supervised } from './supervisor.ts';
import type { StatusLine } from './terminal.ts';

/** What is used of the monitor's `/api/board`. */
interface Board {
  readonly consumers: readonly { consumer: string; lag?: number; perSecond?: number | null; unknown?: string }[];
  readonly dlq: { readonly total: number | { readonly unknown: string } };
  readonly totals: { readonly processed: number };
}

const BOARD_TIMEOUT_MS = 800;

/** Asks for the state of the moment. `states` changes only when a process does, not with every figure. */
export async function statusLines(stack: Stack): Promise<{ lines: StatusLine[]; states: string }> {
  const board = await readBoard(stack.pageUrl);
  const workers = stack.workers.map((supervised) => {
    const { name } = supervised;
    const worker = stack.topology.workers.find((spec) => name === spec.name || name.startsWith(`${spec.name}-`));
    const consumer = board?.consumers.find((row) => name === row.consumer || name.startsWith(`${row.consumer}-`));
    return { ...processCells(supervised), figures: worker?.consumer ? figures(consumer) : (['', ''] as const) };
  });
  const lines = workers.map(({ name, process, figures: [lag, rate], restarts }) => [
    `  ${name}`,
    process,
    lag as string,
    rate as string,
    restarts,
  ]);
  const prometheus = stack.prometheus && processCells(stack.prometheus.process);
  if (prometheus) lines.push(['  prometheus', prometheus.process, '', '', prometheus.restarts]);
  const dlq = board && typeof board.dlq.total === 'number' ? String(board.dlq.total) : 'unknown';
  lines.push(['', '', '', '', '']);
  lines.push([
    `  processed ${board?.totals.processed ?? 'unknown'}`,
    `dead letters ${dlq}`,
    `database: ${stack.database.description}`,
  ]);
  const processes = [...workers, ...(prometheus ? [prometheus] : [])];
  return { lines, states: processes.map(({ name, process, restarts }) => `${name} ${process} ${restarts}`).join('\n') };
}

function processCells({ name, state, pid, failures }: Supervised): { name: string; process: string; restarts: string } {
  return {
    name,
    process: state === 'running' ? `process ${pid}` : state,
    restarts: failures === 0 ? '' : `restarted ${failures}×`,
  };
}

function figures(consumer: Board['consumers'][number] | undefined): [string, string] {
  if (!consumer || consumer.lag === undefined)
    return [`lag unknown${consumer?.unknown ? `: ${consumer.unknown}` : ''}`, ''];
  return [`lag ${consumer.lag}`, `${consumer.perSecond?.toFixed(1) ?? '–'}/s`];
}

async function readBoard(pageUrl: string): Promise<Board | undefined> {
  try {
    const response = await fetch(`${pageUrl}api/board`, { signal: AbortSignal.timeout(BOARD_TIMEOUT_MS) });
    return (await response.json()) as Board;
  } catch {
    // The monitor is being restarted, or busy: the lines say unknown.
    return undefined;
  }
}

// The life of the operator's process. Unlike other workers it begins without a connection to NATS, since it renews the
// certificates that a connection takes.
import type { Option, Settings } from '../runtime/environment.ts';
import { reasonOf } from '../runtime/errors.ts';
import type { Logger } from '../runtime/log.ts';
import { type Health, type Probes, serveProbes } from '../runtime/probes.ts';
import { type PROCESS_OPTIONS, type ProcessContext, runProcess } from '../runtime/process.ts';
import { NatsLink } from './nats-link.ts';

/** What the operator works with. */
export interface OperatorContext<S> extends ProcessContext<S> {
  readonly link: NatsLink;
  /** Has something closed when the work is over, however it ended, while the connection still stands; what came last first. */
  readonly onEnd: (close: () => Promise<void>) => void;
  /** Has /readyz say what is waited for, beside the connection; undefined for nothing. @default undefined */
  readonly waitingFor: (what: string | undefined) => void;
}

const OK: Health = { ok: true, reason: 'ok' };

/**
 * Runs the operator until it is told to stop: see runProcess. It is ready once it is connected and waits for nothing else; it
 * is healthy all the while, since to start it anew would not bring either about.
 */
export function runOperator<Table extends Record<string, Option<unknown>>>(
  options: Table,
  run: (context: OperatorContext<Settings<Table & typeof PROCESS_OPTIONS>>) => Promise<void>,
): Promise<never> {
  return runProcess(options, async (process) => {
    const { log, registry, stop } = process;
    const settings = process.settings as unknown as Settings<typeof PROCESS_OPTIONS>;
    const link = new NatsLink({ identity: settings.worker, settings, log, registry });
    const ends: (() => Promise<void>)[] = [];
    let wait: string | undefined;
    const readiness = (): Health => {
      const nats = link.problem === undefined ? [] : [`NATS (${link.problem})`];
      const waits = [...(wait === undefined ? [] : [wait]), ...nats];
      return waits.length === 0 ? OK : { ok: false, reason: `waiting for ${waits.join(', and for ')}` };
    };
    const { httpHost: host, httpPort: port } = settings;
    let probes: Probes | undefined;
    const work = async (): Promise<void> => {
      probes = await serveProbes({ host, port, registry, health: () => OK, readiness });
      await run({
        ...process,
        link,
        onEnd: (close) => void ends.unshift(close),
        waitingFor: (what) => {
          wait = what;
        },
      });
    };
    try {
      await Promise.all([work(), link.run(stop.stopping)]);
    } finally {
      await closeEach([...ends, () => link.close(), async () => probes?.close()], log);
    }
  });
}

/** Closes one after the other, whatever becomes of those before; the log says what failed. */
export async function closeEach(ends: readonly (() => Promise<void>)[], log: Pick<Logger, 'warn'>): Promise<void> {
  for (const close of ends) {
    try {
      await close();
    } catch (error) {
      log.warn({ reason: reasonOf(error) }, 'something could not be closed');
    }
  }
}

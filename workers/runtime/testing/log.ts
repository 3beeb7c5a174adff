// A logger for tests that keeps its lines.
import { Writable } from 'node:stream';
import { pino } from 'pino';
import type { Logger } from '../log.ts';

/** A line of the log. */
export type Line = Readonly<Record<string, unknown>> & { readonly msg: string };

/** Creates a logger and the list of what it has said so far. */
export function recordingLog(): { log: Logger; lines: Line[] } {
  const lines: Line[] = [];
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      lines.push(JSON.parse(chunk.toString()));
      done();
    },
  });
  return { log: pino({ level: 'debug' }, stream), lines };
}

// Trace context as the W3C defines it: an id that follows an item from its fetch to the database, in headers and logs.
import { randomBytes } from 'node:crypto';
import { HEADER } from '../contract/subjects.ts';

/** One step of a trace. */
export interface Trace {
  /** 32 hexadecimal digits, the same in every step. */
  readonly traceId: string;
  /** 16 hexadecimal digits, this step's own. */
  readonly spanId: string;
  /** Two hexadecimal digits; the last bit says that the trace is recorded. */
  readonly flags: string;
}

/** Version, trace id, span id, flags; later versions may add to it. */
const TRACEPARENT = /^([\da-f]{2})-([\da-f]{32})-([\da-f]{16})-([\da-f]{2})(-.*)?$/;
const ZEROS = /^0+$/;
const RECORDED = '01';

/** Begins a trace. */
export const newTrace = (): Trace => ({ traceId: randomId(16), spanId: randomId(8), flags: RECORDED });

/** The next step of a trace. */
export const childOf = ({ traceId, flags }: Trace): Trace => ({ traceId, spanId: randomId(8), flags });

/** Reads the value of a `traceparent` header; null for what is none by the W3C's rules, upper case included. */
export function parseTraceparent(value: string): Trace | null {
  const [, version, traceId = '', spanId = '', flags = '', more] = TRACEPARENT.exec(value.trim()) ?? [];
  if (version === undefined || version === 'ff' || (version === '00' && more !== undefined)) return null;
  return ZEROS.test(traceId) || ZEROS.test(spanId) ? null : { traceId, spanId, flags };
}

/** The value of a `traceparent` header. */
export const formatTraceparent = ({ traceId, spanId, flags }: Trace): string => `00-${traceId}-${spanId}-${flags}`;

/** What a message's header says of its trace; null when it has none, or one that can't be read. */
export const traceOf = (message: TracedMessage): Trace | null =>
  parseTraceparent(message.headers?.get(HEADER.traceparent) ?? '');

/** The headers that make a message the next step of a trace. */
export const traceHeaders = (trace: Trace): Readonly<Record<string, string>> => ({
  [HEADER.traceparent]: formatTraceparent(childOf(trace)),
});

/** What is read of a message. */
interface TracedMessage {
  // Declared as the client library does: a message may have no headers.
  readonly headers?: { get(name: string): string } | undefined;
}

function randomId(bytes: number): string {
  for (;;) {
    const id = randomBytes(bytes).toString('hex');
    // The rules keep zeros for "none".
    if (!ZEROS.test(id)) return id;
  }
}

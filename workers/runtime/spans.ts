// Spans: the timed steps of a trace, for whoever collects them. Where nobody does there are no Spans, and nothing is timed.
import { PoisonError, reasonOf } from './errors.ts';
import { childOf, newTrace, type Trace } from './trace.ts';

/** What a span is to the one that it follows from, as OpenTelemetry tells them apart. */
export type SpanKind = 'client' | 'producer' | 'consumer';

/** By the names of OpenTelemetry's semantic conventions; what has none there begins with `newsjet.`. */
export type Attributes = Readonly<Record<string, string | number | boolean>>;

/** The span that another follows from. */
export interface Parent {
  readonly trace: Trace;
  /** Whether another process told of it. */
  readonly remote: boolean;
}

/** How a span begins. */
export interface SpanStart {
  readonly name: string;
  readonly kind: SpanKind;
  /** @default none: a trace begins here */
  readonly parent?: Parent | undefined;
  /** Its own ids. @default the next of its parent's trace, or of a new one */
  readonly step?: Trace | undefined;
  readonly attributes?: Attributes;
}

/** A span that has ended. */
export interface FinishedSpan {
  readonly name: string;
  readonly kind: SpanKind;
  readonly step: Trace;
  readonly parent: Parent | undefined;
  /** Milliseconds since 1970, with fractions. */
  readonly startMs: number;
  readonly endMs: number;
  readonly attributes: Attributes;
  /** Steps of other traces that it has to do with. */
  readonly links: readonly Trace[];
  /** Why it failed, when it did. */
  readonly failure: string | undefined;
}

/** Takes spans as they end; it must neither throw nor wait. */
export type SpanSink = (span: FinishedSpan) => void;

/** Longest reason that a span tells, in characters. */
const MAX_REASON = 1_000;

/** A step under way. One that is never ended is never told. */
export class Span {
  /** Its own ids: what follows from it names them as its parent. */
  readonly step: Trace;
  readonly #start: SpanStart;
  readonly #startMs = epochMs();
  readonly #sink: SpanSink;
  readonly #links: Trace[] = [];
  #attributes: Attributes;
  #failure: string | undefined;

  constructor(start: SpanStart, sink: SpanSink) {
    this.step = start.step ?? (start.parent ? childOf(start.parent.trace) : newTrace());
    this.#start = start;
    this.#attributes = start.attributes ?? {};
    this.#sink = sink;
  }

  /** Adds to its attributes. */
  set(attributes: Attributes): void {
    this.#attributes = { ...this.#attributes, ...attributes };
  }

  /** Names a step of another trace that it has to do with. */
  link(step: Trace): void {
    this.#links.push(step);
  }

  /** Says that it failed and why; by an error, or in words. */
  fail(error: unknown): void {
    this.#failure = toldReasonOf(error).slice(0, MAX_REASON);
    this.set({ 'error.type': errorType(error) });
  }

  /** Ends it now. */
  end(): void {
    const { name, kind, parent } = this.#start;
    this.#sink({
      ...{ name, kind, parent, step: this.step },
      startMs: this.#startMs,
      endMs: Math.max(this.#startMs, epochMs()),
      attributes: this.#attributes,
      links: this.#links,
      failure: this.#failure,
    });
  }
}

/** Begins the spans of a process, all for one sink. */
export class Spans {
  readonly #sink: SpanSink;

  constructor(sink: SpanSink) {
    this.#sink = sink;
  }

  begin(start: SpanStart): Span {
    return new Span(start, this.#sink);
  }
}

/** What failed, in a word: what sort of poison, else the class of the error. */
const errorType = (error: unknown): string =>
  error instanceof PoisonError ? error.death : error instanceof Error ? error.name : '_OTHER';

/** What a reason may quote of a message: the parser of JSON repeats a part of the text, and MongoDB a value that is there already. */
const QUOTED_JSON = /(\.\.\.)?".*"(\.\.\.)? is not valid JSON/s;
const QUOTED_KEY = /\bdup key: .*/s;

/** The reason, without quotations. */
const toldReasonOf = (error: unknown): string =>
  reasonOf(error).replace(QUOTED_JSON, 'it is not valid JSON').replace(QUOTED_KEY, 'dup key');

/** How far the two clocks may come apart before the one of the day is believed: it is set, and monotonic time is not. */
const MAX_DRIFT_MS = 10;
let offsetMs = performance.timeOrigin;

/** The time of day with fractions of a millisecond, by which steps that follow each other at once keep their order. */
function epochMs(): number {
  const now = performance.now();
  if (Math.abs(Date.now() - now - offsetMs) > MAX_DRIFT_MS) offsetMs = Date.now() - now;
  return now + offsetMs;
}

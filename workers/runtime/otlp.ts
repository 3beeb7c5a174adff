// Spans to a collector, over OTLP/HTTP, by OpenTelemetry's SDK. Loaded only where a collector is named: see span-export.ts.
import { hostname } from 'node:os';
import { type Attributes, type HrTime, type SpanContext, SpanKind, SpanStatusCode } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { detectResources, envDetector, type Resource, resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor, type ReadableSpan, type SpanExporter } from '@opentelemetry/sdk-trace';
import { reasonOf } from './errors.ts';
import type { FinishedSpan } from './spans.ts';
import type { Trace } from './trace.ts';
import { VERSION } from './version.ts';

/** Why spans were lost: there were more than are held, or the collector did not take them. */
export const LOSSES = ['full', 'refused'] as const;
export type Loss = (typeof LOSSES)[number];

/** What exporting needs. The collector's address and the rest are read from the environment, by their standard names. */
export interface OtlpOptions {
  /** The worker's name, as `service.name`. */
  readonly worker: string;
  /** Told of spans that were lost; it must not throw. */
  readonly onLost: (count: number, loss: Loss, reason: string) => void;
}

/** Spans held at most, beside those that are being sent. */
export const MAX_HELD = 2_048;
const MAX_SENT_AT_ONCE = 512;
const DELAY_MS = 1_000;

const KINDS = { client: SpanKind.CLIENT, producer: SpanKind.PRODUCER, consumer: SpanKind.CONSUMER } as const;
const SCOPE = { name: 'newsjet', version: VERSION };
const MS_PER_SECOND = 1_000;
const NANOS_PER_MS = 1e6;

/** Sends spans in batches, and never makes anybody wait for it: what can't be sent is lost, and counted. */
export class OtlpExport {
  readonly #onLost: OtlpOptions['onLost'];
  readonly #resource: Resource;
  readonly #processor: BatchSpanProcessor;
  #held = 0;
  #sending = 0;

  constructor({ worker, onLost }: OtlpOptions) {
    this.#onLost = onLost;
    // Whoever runs the worker may add to what is said of it (OTEL_RESOURCE_ATTRIBUTES), not change who it is.
    this.#resource = detectResources({ detectors: [envDetector] }).merge(
      resourceFromAttributes({
        'service.name': worker,
        'service.version': VERSION,
        'service.instance.id': `${hostname()}/${process.pid}`,
      }),
    );
    this.#processor = new BatchSpanProcessor({
      exporter: this.#counting(new OTLPTraceExporter()),
      maxQueueSize: MAX_HELD,
      maxExportBatchSize: MAX_SENT_AT_ONCE,
      scheduledDelayMillis: DELAY_MS,
    });
  }

  /** Takes a span, to be sent soon. */
  readonly take = (span: FinishedSpan): void => {
    const readable = this.#readable(span);
    if ((readable.spanContext().traceFlags & 1) === 0) return;
    // The processor has the same limit, and says of what is beyond it only that there was some, afterwards.
    if (this.#held >= MAX_HELD) {
      this.#onLost(1, 'full', `${MAX_HELD} spans wait for the collector already`);
      return;
    }
    this.#held++;
    this.#processor.onEnd(readable);
  };

  /** Sends what it holds, for so long at most, and takes no more. */
  async close(timeoutMs: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const timedOut = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, timeoutMs);
    });
    // What was refused has been counted where it was.
    const closed = this.#processor.shutdown().catch(() => {});
    await Promise.race([closed, timedOut]);
    clearTimeout(timer);
    const left = this.#held + this.#sending;
    if (left > 0) this.#onLost(left, 'refused', `the collector took longer than ${timeoutMs} ms at the end`);
  }

  /** The exporter, so that it is known how many spans are held and what became of the others. */
  #counting(exporter: SpanExporter): SpanExporter {
    return {
      export: (spans, done) => {
        this.#held -= spans.length;
        this.#sending += spans.length;
        exporter.export(spans, (result) => {
          this.#sending -= spans.length;
          if (result.code !== 0) this.#onLost(spans.length, 'refused', sayRefusal(result.error));
          done(result);
        });
      },
      shutdown: () => exporter.shutdown(),
    };
  }

  #readable({ name, kind, step, parent, startMs, endMs, attributes, links, failure }: FinishedSpan): ReadableSpan {
    const context = contextOf(step);
    return {
      ...{ name, kind: KINDS[kind], spanContext: () => context, attributes: attributes as Attributes },
      ...(parent ? { parentSpanContext: { ...contextOf(parent.trace), isRemote: parent.remote } } : {}),
      startTime: hrTime(startMs),
      endTime: hrTime(endMs),
      duration: hrTime(endMs - startMs),
      status: failure === undefined ? { code: SpanStatusCode.UNSET } : { code: SpanStatusCode.ERROR, message: failure },
      links: links.map((link) => ({ context: contextOf(link) })),
      events: [],
      ended: true,
      resource: this.#resource,
      instrumentationScope: SCOPE,
      droppedAttributesCount: 0,
      droppedEventsCount: 0,
      droppedLinksCount: 0,
    };
  }
}

const contextOf = ({ traceId, spanId, flags }: Trace): SpanContext => ({
  traceId,
  spanId,
  traceFlags: Number.parseInt(flags, 16),
});

const hrTime = (ms: number): HrTime => [
  Math.floor(ms / MS_PER_SECOND),
  Math.floor((ms % MS_PER_SECOND) * NANOS_PER_MS),
];

/** What the collector answered, or what was in its way. */
function sayRefusal(error: Error | undefined): string {
  if (!error) return 'not taken';
  const { code } = error as { code?: unknown };
  return typeof code === 'number' ? `${code} ${error.message}`.trim() : reasonOf(error);
}

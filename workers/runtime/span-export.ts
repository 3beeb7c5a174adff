// Whether and where spans are exported to, by the standard variables of OpenTelemetry, and what is said when that fails.
import type { Registry } from 'prom-client';
import { METRICS } from '../contract/metrics.ts';
import { httpAddress, type Settings } from './environment.ts';
import type { Logger } from './log.ts';
import { counter } from './metrics.ts';
import { Spans } from './spans.ts';

/** Options of a worker that items pass on their way. The SDK reads these and others like them by itself. */
export const SPAN_OPTIONS = {
  /** Where a collector takes OTLP over HTTP; `/v1/traces` is added to it. Empty exports nothing. */
  otlpEndpoint: httpAddress('OTEL_EXPORTER_OTLP_ENDPOINT', { otherwise: '' }),
  /** The same for traces alone, and as it is. */
  otlpTracesEndpoint: httpAddress('OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', { otherwise: '' }),
} as const;

/** What the process is, and where it tells of its own troubles. */
export interface SpanExportTools {
  readonly worker: string;
  readonly log: Logger;
  readonly registry: Registry;
  /** How long a process has to end, of which the export may take a part. */
  readonly graceMs: number;
}

/** An export under way. */
export interface SpanExport {
  readonly spans: Spans;
  /** Sends what is left, within a bounded time, whether a collector answers or not. */
  close(): Promise<void>;
}

/** A collector that is away is told of once so often. */
const WARNING_INTERVAL_MS = 60_000;
const MAX_CLOSE_MS = 3_000;

/**
 * Begins to export, where a collector is named; else nothing is loaded.
 * @returns undefined where none is
 */
export async function openSpanExport(
  { otlpEndpoint, otlpTracesEndpoint }: Settings<typeof SPAN_OPTIONS>,
  { worker, log, registry, graceMs }: SpanExportTools,
): Promise<SpanExport | undefined> {
  if (!otlpEndpoint && !otlpTracesEndpoint) return undefined;
  const { LOSSES, OtlpExport } = await import('./otlp.ts');
  const lost = counter(registry, METRICS.spansLost);
  for (const loss of LOSSES) lost.inc({ loss }, 0);
  const warn = rareWarning(log);
  const otlp = new OtlpExport({
    worker,
    onLost: (count, loss, reason) => {
      lost.inc({ loss }, count);
      warn(count, reason);
    },
  });
  log.info('spans are exported');
  return { spans: new Spans(otlp.take), close: () => otlp.close(Math.min(MAX_CLOSE_MS, graceMs / 4)) };
}

/** Warns at once, then once an interval at most, each time with how many spans were lost since the last. */
function rareWarning(log: Logger): (count: number, reason: string) => void {
  let saidAt = Number.NEGATIVE_INFINITY;
  let unsaid = 0;
  return (count, reason) => {
    unsaid += count;
    if (performance.now() - saidAt < WARNING_INTERVAL_MS) return;
    log.warn({ spans: unsaid, reason }, 'spans were not exported');
    saidAt = performance.now();
    unsaid = 0;
  };
}

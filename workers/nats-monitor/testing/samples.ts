// Reads the text that a process exposes for Prometheus, for tests.
import type { MetricSpec } from '../../contract/metrics.ts';

interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** The samples of one scrape. */
export class Samples {
  readonly #samples: readonly Sample[];
  readonly #types: ReadonlyMap<string, string>;

  constructor(samples: readonly Sample[], types: ReadonlyMap<string, string>) {
    this.#samples = samples;
    this.#types = types;
  }

  /** The value of the one sample that has these labels, whatever others it has; undefined when there is none. */
  value(metric: MetricSpec, labels: Readonly<Record<string, string>> = {}): number | undefined {
    const found = this.#of(metric).filter((sample) =>
      Object.entries(labels).every(([name, value]) => sample.labels[name] === value),
    );
    if (found.length > 1) throw new Error(`${metric.name} has ${found.length} samples with ${JSON.stringify(labels)}`);
    return found[0]?.value;
  }

  /** Whether there is a sample, or a histogram that has observed something. */
  has(metric: MetricSpec): boolean {
    return this.#of(metric).length > 0 || this.sum({ ...metric, name: `${metric.name}_count` }) > 0;
  }

  /** The values of a label, one for each sample. */
  labels(metric: MetricSpec, label: string): string[] {
    return this.#of(metric).map(({ labels }) => labels[label] ?? '');
  }

  sum(metric: MetricSpec): number {
    return this.#of(metric).reduce((sum, { value }) => sum + value, 0);
  }

  /** `counter`, `gauge` or `histogram`. */
  type(metric: MetricSpec): string | undefined {
    return this.#types.get(metric.name);
  }

  #of({ name }: MetricSpec): Sample[] {
    return this.#samples.filter((sample) => sample.name === name);
  }
}

/** @throws {Error} for a line that is neither a sample nor a comment */
export function readSamples(text: string): Samples {
  const samples: Sample[] = [];
  const types = new Map<string, string>();
  for (const line of text.split('\n')) {
    const [, typed, type] = /^# TYPE (\w+) (counter|gauge|histogram|summary)$/.exec(line) ?? [];
    if (typed !== undefined && type !== undefined) types.set(typed, type);
    if (line === '' || typed !== undefined || /^# HELP \w+ .+$/.test(line)) continue;
    const [, name, labels = '', value] = /^(\w+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? [];
    if (name === undefined || value === undefined) throw new Error(`not a sample: ${line}`);
    const pairs = [...labels.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)];
    samples.push({ name, labels: Object.fromEntries(pairs.map((pair) => [pair[1], pair[2]])), value: Number(value) });
  }
  return new Samples(samples, types);
}

// PromQL with names and labels from the contract: a label that a metric does not have is an error of the compiler.
import type { MetricSpec } from '../workers/contract/metrics.ts';
import { SCRAPE_JOB, type ScrapeLabel } from '../workers/contract/scrape.ts';

/** What a label has to be: a value, one of several, or neither. */
export type Match = string | readonly string[] | { readonly not: string | readonly string[] };
export type Matchers<Label extends string> = { readonly [L in Label]?: Match };

/** A length of time, in Prometheus' own words. */
export type Duration = `${number}${'s' | 'm' | 'h' | 'd'}`;

/** What Grafana puts in for a rate: as long as the graph's points are apart, and long enough to hold some samples. */
export const RATE_INTERVAL = '$__rate_interval';
type Range = Duration | typeof RATE_INTERVAL;

/** An expression for an instant vector whose series have these labels. */
export class Vector<Label extends string> {
  readonly expr: string;

  constructor(expr: string) {
    this.expr = expr;
  }

  toString(): string {
    return this.expr;
  }

  /** Adds up over all labels but these. */
  sum<By extends Label = never>(...labels: By[]): Vector<By> {
    return this.#aggregate('sum', labels);
  }

  /** Takes the largest over all labels but these: what two replicas tell of the same thing counts once. */
  max<By extends Label = never>(...labels: By[]): Vector<By> {
    return this.#aggregate('max', labels);
  }

  min<By extends Label = never>(...labels: By[]): Vector<By> {
    return this.#aggregate('min', labels);
  }

  /** Keeps what is larger than a number. */
  above(limit: number): Vector<Label> {
    return new Vector(`${this.expr} > ${limit}`);
  }

  /** Adds a series with the same labels to each. */
  plus(other: Vector<Label>): Vector<Label> {
    return new Vector(`${this.expr} + ${other}`);
  }

  /** Divides each by the series with the same labels; there is no result where that is 0. */
  share(whole: Vector<Label>): Vector<Label> {
    return new Vector(`${this.expr} / (${whole} > 0)`);
  }

  /** Gives a label's value to a label of another name. */
  rename<From extends Label, To extends string>(from: From, to: To): Vector<Exclude<Label, From> | To> {
    return new Vector(`label_replace(${this.expr}, "${to}", "$1", "${from}", "(.*)")`);
  }

  /** Gives every series a label. */
  labelled<Name extends string>(name: Name, value: string): Vector<Label | Name> {
    return new Vector(`label_replace(${this.expr}, "${name}", ${quote(value)}, "", "")`);
  }

  #aggregate<By extends Label>(operator: string, labels: readonly By[]): Vector<By> {
    const by = labels.length > 0 ? ` by (${labels.join(', ')}) ` : '';
    return new Vector(`${operator}${by}(${this.expr})`);
  }
}

/** A selector: what can be looked at over time, too. */
export class Series<Label extends string> extends Vector<Label> {
  rate(range: Range): Vector<Label> {
    return this.#over('rate', range);
  }

  increase(range: Duration): Vector<Label> {
    return this.#over('increase', range);
  }

  /** How often the value changed. */
  changes(range: Duration): Vector<Label> {
    return this.#over('changes', range);
  }

  /** Change a second of a gauge. */
  slope(range: Duration): Vector<Label> {
    return this.#over('deriv', range);
  }

  /**
   * The increase of a counter that is not there before it first counts. Prometheus sees no increase in a series that begins with
   * 1; one that is new in this range has counted from 0.
   */
  increaseFromNothing(range: Duration): Vector<Label> {
    const isNew = `${this.expr} unless max_over_time(${this.expr}[${range}] offset ${range})`;
    return new Vector(`(${isNew}) or increase(${this.expr}[${range}])`);
  }

  /** The largest value in a range that ended some time ago. */
  maxBefore(ago: Duration, range: Duration): Vector<Label> {
    return new Vector(`max_over_time(${this.expr}[${range}] offset ${ago})`);
  }

  #over(operator: string, range: Range): Vector<Label> {
    return new Vector(`${operator}(${this.expr}[${range}])`);
  }
}

/** Selects what was scraped. */
export const series = <L extends string>(
  spec: MetricSpec<L>,
  matchers: Matchers<L | ScrapeLabel> = {},
): Series<L | ScrapeLabel> => new Series(selector(spec.name, { job: SCRAPE_JOB, ...matchers }));

/** Selects the buckets of a histogram that was scraped. */
export const buckets = <L extends string>(
  spec: MetricSpec<L>,
  matchers: Matchers<L | ScrapeLabel> = {},
): Series<L | ScrapeLabel | 'le'> => new Series(selector(`${spec.name}_bucket`, { job: SCRAPE_JOB, ...matchers }));

/** Selects how often something was observed, of a histogram that was scraped. */
export const counts = <L extends string>(
  spec: MetricSpec<L>,
  matchers: Matchers<L | ScrapeLabel> = {},
): Series<L | ScrapeLabel> => new Series(selector(`${spec.name}_count`, { job: SCRAPE_JOB, ...matchers }));

/** Selects what a recording rule wrote, which has the labels of its rule alone. */
export const recorded = <L extends string>(spec: MetricSpec<L>, matchers: Matchers<NoInfer<L>> = {}): Series<L> =>
  new Series(selector(spec.name, matchers));

/** The value below which a share of what was observed lies; `rates` are those of buckets. */
export const quantile = <L extends string>(share: number, rates: Vector<L>): Vector<Exclude<L, 'le'>> =>
  new Vector(`histogram_quantile(${share}, ${rates})`);

/** Joins vectors; of series with the same labels the first counts. */
export const anyOf = <L extends string>(...vectors: readonly Vector<L>[]): Vector<L> =>
  new Vector(vectors.map(({ expr }) => expr).join('\nor\n'));

function selector(name: string, matchers: Readonly<Record<string, Match | undefined>>): string {
  const parts = Object.entries(matchers).flatMap(([label, match]) =>
    match === undefined ? [] : matcher(label, match),
  );
  return parts.length > 0 ? `${name}{${parts.join(', ')}}` : name;
}

function matcher(label: string, match: Match): string {
  if (typeof match === 'string') return `${label}=${quote(match)}`;
  if (!('not' in match)) return `${label}=~${quote(alternatives(match))}`;
  if (typeof match.not === 'string') return `${label}!=${quote(match.not)}`;
  return `${label}!~${quote(alternatives(match.not))}`;
}

const alternatives = (values: readonly string[]): string =>
  values.map((value) => value.replace(/[\\^$.|?*+()[\]{}]/g, '\\$&')).join('|');

/** PromQL's strings have the escapes of JSON. */
const quote = (text: string): string => JSON.stringify(text);

// Series for rule tests, in promtool's notation: a value a minute, `0+5x10` being 0, 5, 10 and so on, eleven in all.
import type { MetricSpec } from '../../../workers/contract/metrics.ts';
import { SCRAPE_JOB, type ScrapeLabel } from '../../../workers/contract/scrape.ts';

/** A series as promtool reads it. */
export interface Input {
  readonly series: string;
  readonly values: string;
}

type Values<Label extends string> = Readonly<Record<Label, string>>;

/** A series of a metric, with every label that it has; scraped from the pod `w-1` of the worker `w` if nothing else is said. */
export const input = <L extends string>(
  spec: MetricSpec<L>,
  labels: Values<NoInfer<L>>,
  values: string,
  scraped: Partial<Values<ScrapeLabel>> = {},
): Input => {
  const all = { job: SCRAPE_JOB, worker: 'w', role: 'w', instance: 'w-1', ...scraped, ...labels };
  const parts = Object.entries(all).map(([label, value]) => `${label}=${JSON.stringify(value)}`);
  return { series: `${spec.name}{${parts.join(', ')}}`, values };
};

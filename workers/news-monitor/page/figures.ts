// The figures on top, each with the line of its last hour.
import type { ConsumerRow, DlqView, History, HistorySeries, Totals } from '../snapshot.ts';
import { describeTotalLag } from './consumer-table.ts';
import { element, find, setText } from './dom.ts';
import { formatCount, formatLatency, formatMoment, formatRate } from './format.ts';
import { Sparkline } from './sparkline.ts';

const LINES: readonly (readonly [string, string, HistorySeries, (value: number) => string])[] = [
  ['rate', 'News a second', 'processedPerSecond', formatRate],
  ['lag', 'Lag of all consumers', 'lag', formatCount],
  ['latency', 'Received to processed', 'medianLatencyMs', formatLatency],
  ['dlq', 'Dead letters', 'deadLetters', formatCount],
];

export class Figures {
  readonly #lines = LINES.map(([id, label, series, format]) => {
    const sparkline = new Sparkline(label, format);
    find(`figure-${id}`).after(element('dd', { class: 'line' }, sparkline.node));
    return { sparkline, series };
  });

  showTotals(totals: Totals): void {
    setText(find('figure-processed'), formatCount(totals.processed));
    setText(find('figure-rate'), formatRate(totals.perSecond));
    setText(find('figure-latency'), totals.medianLatencyMs === null ? '–' : formatLatency(totals.medianLatencyMs));
  }

  /** Says since when what was processed is counted. */
  showStart(startedAt: string): void {
    setText(find('figure-since'), `since ${formatMoment(startedAt)}`);
  }

  showLag(consumers: readonly ConsumerRow[]): void {
    const lag = describeTotalLag(consumers);
    setText(find('figure-lag'), lag.text);
    find('figure-lag').classList.toggle('uncertain', !lag.certain);
  }

  showDeadLetters(total: DlqView['total']): void {
    const known = typeof total === 'number';
    const figure = find('figure-dlq');
    setText(figure, known ? formatCount(total) : 'unknown');
    figure.classList.toggle('alarm', known && total > 0);
    figure.classList.toggle('uncertain', !known);
  }

  showHistory({ series }: History): void {
    for (const line of this.#lines) line.sparkline.set(series[line.series]);
  }
}

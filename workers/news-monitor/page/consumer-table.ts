// The table of consumers: the exact form of the drawing, with the last hour of each, or why it is not known.
import type { ConsumerRow, ConsumersEvent, History, HistorySeries } from '../snapshot.ts';
import { setTime, time } from './clock.ts';
import { element, find, setChildren, setText } from './dom.ts';
import { formatCount, formatRate, formatSpan } from './format.ts';
import { Sparkline } from './sparkline.ts';

type Row = {
  readonly node: HTMLTableRowElement;
  readonly cells: readonly HTMLElement[];
  readonly known: boolean;
  readonly sparkline: Sparkline;
};

// These roles are what the elements mean anyway; said again because phones lay the table out as blocks, which in some
// browsers takes the meaning away.
const ROLES = [
  ['thead, tbody', 'rowgroup'],
  ['thead tr', 'row'],
  ['thead th', 'columnheader'],
] as const;

/** Columns of numbers, by their heads. */
const NUMBERS = ['Pending', 'In hand', 'Oldest', 'In/s', 'Out/s', 'Redelivered', 'Replicas'] as const;

const cell = (label: string, kind: string): HTMLTableCellElement =>
  element('td', { role: 'cell', 'data-label': label, class: kind });

function makeRow(consumer: string, stream: string, known: boolean): Row {
  const name = element('th', { scope: 'row', role: 'rowheader' }, consumer);
  const streamCell = cell('Stream', 'stream');
  streamCell.textContent = stream;
  const cells = known ? NUMBERS.map((label) => cell(label, 'number')) : [cell('Lag', 'unknown')];
  if (!known) cells[0]?.setAttribute('colspan', String(NUMBERS.length));
  const sparkline = new Sparkline(`${consumer}, acknowledged a second`, formatRate);
  const line = cell('Out/s, last hour', 'line');
  line.append(sparkline.node);
  return { node: element('tr', { role: 'row' }, name, streamCell, ...cells, line), cells, known, sparkline };
}

function replicasOf(replicas: ConsumersEvent['replicas'], worker: string): string {
  if (typeof replicas.unknown === 'string') return 'unknown';
  return formatCount((replicas as Readonly<Record<string, number>>)[worker] ?? 0);
}

function textsOf(row: ConsumerRow, replicas: ConsumersEvent['replicas']): readonly string[] {
  if ('unknown' in row) return [`unknown: ${row.unknown}`];
  return [
    formatCount(row.pending),
    formatCount(row.ackPending),
    row.lagSeconds === null ? '–' : row.lag === 0 ? '0' : formatSpan(row.lagSeconds * 1_000),
    formatRate(row.arrivingPerSecond),
    formatRate(row.perSecond),
    formatCount(row.redelivered),
    replicasOf(replicas, row.consumer),
  ];
}

/** The lag of all consumers: what is known of it is the least that it can be. */
export function describeTotalLag(rows: readonly ConsumerRow[]): { readonly text: string; readonly certain: boolean } {
  if (rows.length === 0) return { text: '–', certain: true };
  const known = rows.filter((row) => 'lag' in row);
  const sum = known.reduce((total, { lag }) => total + lag, 0);
  if (known.length === rows.length) return { text: formatCount(sum), certain: true };
  return { text: known.length === 0 ? 'unknown' : `≥\u00a0${formatCount(sum)}`, certain: false };
}

export class ConsumerTable {
  readonly #table = find('consumers-table');
  readonly #body = find('consumers');
  readonly #rows = new Map<string, Row>();
  readonly #readAt = time('age');
  #history: History | undefined;

  constructor() {
    for (const [selector, role] of ROLES) {
      for (const node of this.#table.querySelectorAll(selector)) node.setAttribute('role', role);
    }
    this.#table.setAttribute('role', 'table');
    const note = element('span', { class: 'read-at', hidden: '' }, 'read ', this.#readAt);
    find('consumers-caption').append(' ', note);
    find('exact').addEventListener('toggle', () => this.#letKeyboardScroll());
  }

  update({ consumers, replicas, readAt }: ConsumersEvent): void {
    const before = new Map(this.#rows);
    this.#rows.clear();
    const nodes = consumers.map((data) => {
      const key = `${data.stream} ${data.consumer}`;
      const known = !('unknown' in data);
      const old = before.get(key);
      const row = old?.known === known ? old : makeRow(data.consumer, data.stream, known);
      if (row !== old) row.sparkline.set(this.#history?.series[`rate:${data.consumer}` as HistorySeries]);
      this.#rows.set(key, row);
      textsOf(data, replicas).forEach((text, index) => {
        setText(row.cells[index] as HTMLElement, text);
      });
      row.node.classList.toggle('behind', !('unknown' in data) && data.pending > 0 && data.perSecond === 0);
      return row.node;
    });
    for (const [key, row] of before) if (this.#rows.get(key) !== row) row.sparkline.destroy();
    setChildren(this.#body, nodes);
    find('exact').hidden = nodes.length === 0;
    find('consumers-empty').hidden = nodes.length > 0;
    this.#letKeyboardScroll();
    if (readAt === null) return;
    setTime(this.#readAt, readAt);
    (this.#readAt.parentElement as HTMLElement).hidden = false;
  }

  /** Draws the last hour of each. */
  showHistory(history: History): void {
    this.#history = history;
    for (const [key, { sparkline }] of this.#rows) {
      const consumer = key.slice(key.indexOf(' ') + 1);
      sparkline.set(history.series[`rate:${consumer}` as HistorySeries]);
    }
  }

  /** A table that is cut off is a stop for the Tab key, so that the arrows scroll it. */
  #letKeyboardScroll(): void {
    const frame = this.#table.parentElement as HTMLElement;
    if (frame.scrollHeight > frame.clientHeight) {
      frame.tabIndex = 0;
      frame.setAttribute('role', 'region');
      frame.setAttribute('aria-labelledby', 'consumers-caption');
    } else {
      for (const name of ['tabindex', 'role', 'aria-labelledby']) frame.removeAttribute(name);
    }
  }
}

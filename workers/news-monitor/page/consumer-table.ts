// The table of consumers: lag and rate, or why they are not known.
import type { ConsumerRow, ConsumersEvent } from '../snapshot.ts';
import { setTime, time } from './clock.ts';
import { element, find, setChildren, setText } from './dom.ts';
import { formatCount, formatRate } from './format.ts';

type Row = { readonly node: HTMLTableRowElement; readonly cells: readonly HTMLElement[]; readonly known: boolean };

// These roles are what the elements mean anyway; said again because phones lay the table out as blocks, which in some
// browsers takes the meaning away.
const ROLES = [
  ['thead, tbody', 'rowgroup'],
  ['thead tr', 'row'],
  ['thead th', 'columnheader'],
] as const;

const cell = (label: string, kind: string): HTMLTableCellElement =>
  element('td', { role: 'cell', 'data-label': label, class: kind });

function makeRow(consumer: string, stream: string, known: boolean): Row {
  const name = element('th', { scope: 'row', role: 'rowheader' }, consumer);
  const streamCell = cell('Stream', 'stream');
  streamCell.textContent = stream;
  const cells = known
    ? [cell('Pending', 'number'), cell('In hand', 'number'), cell('Rate/s', 'number'), cell('Redelivered', 'number')]
    : [cell('Lag', 'unknown')];
  if (!known) cells[0]?.setAttribute('colspan', '4');
  return { node: element('tr', { role: 'row' }, name, streamCell, ...cells), cells, known };
}

const textsOf = (row: ConsumerRow): readonly string[] =>
  'unknown' in row
    ? [`unknown: ${row.unknown}`]
    : [formatCount(row.pending), formatCount(row.ackPending), formatRate(row.perSecond), formatCount(row.redelivered)];

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

  constructor() {
    for (const [selector, role] of ROLES) {
      for (const node of this.#table.querySelectorAll(selector)) node.setAttribute('role', role);
    }
    this.#table.setAttribute('role', 'table');
    const note = element('span', { class: 'read-at', hidden: '' }, 'read ', this.#readAt);
    find('consumers-caption').append(' ', note);
  }

  update({ consumers, readAt }: ConsumersEvent): void {
    const before = new Map(this.#rows);
    this.#rows.clear();
    const nodes = consumers.map((data) => {
      const key = `${data.stream} ${data.consumer}`;
      const known = !('unknown' in data);
      const old = before.get(key);
      const row = old?.known === known ? old : makeRow(data.consumer, data.stream, known);
      this.#rows.set(key, row);
      textsOf(data).forEach((text, index) => {
        setText(row.cells[index] as HTMLElement, text);
      });
      row.node.classList.toggle('behind', !('unknown' in data) && data.pending > 0 && data.perSecond === 0);
      return row.node;
    });
    setChildren(this.#body, nodes);
    this.#table.hidden = nodes.length === 0;
    find('consumers-empty').hidden = nodes.length > 0;
    this.#letKeyboardScroll();
    if (readAt === null) return;
    setTime(this.#readAt, readAt);
    (this.#readAt.parentElement as HTMLElement).hidden = false;
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

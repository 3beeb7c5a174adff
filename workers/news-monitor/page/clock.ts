// Ages on the page that keep ticking, told by the monitor's clock rather than the reader's.
import { element, setText } from './dom.ts';
import { formatAge, formatDue, formatMoment } from './format.ts';

let skewMs = 0;

/** Milliseconds since the epoch by the monitor's clock. */
export const nowMs = (): number => Date.now() + skewMs;

/** Learns the difference between the monitor's clock and this browser's. */
export function setClock(monitorNow: string): void {
  skewMs = Date.parse(monitorNow) - Date.now();
}

type Kind = 'age' | 'due';

const describe = (kind: string | undefined, iso: string): string =>
  kind === 'due' ? formatDue(iso, nowMs()) : formatAge(iso, nowMs());

/** Shows a time as an age (or as a due time) that `tick` keeps up; the full date is its tooltip. */
export function setTime(node: HTMLTimeElement, iso: string): void {
  if (node.dateTime === iso) return;
  node.dateTime = iso;
  node.title = formatMoment(iso);
  setText(node, describe(node.dataset.kind, iso));
}

/** Makes a ticking `<time>`. */
export function time(kind: Kind, iso?: string): HTMLTimeElement {
  const node = element('time', { 'data-kind': kind });
  if (iso !== undefined) setTime(node, iso);
  return node;
}

function tick(): void {
  if (document.hidden) return;
  for (const node of document.querySelectorAll<HTMLTimeElement>('time[data-kind][datetime]')) {
    setText(node, describe(node.dataset.kind, node.dateTime));
  }
}

/** Starts the ticking, once a second while the page is visible. */
export function startClock(): void {
  window.setInterval(tick, 1_000);
  document.addEventListener('visibilitychange', tick);
}

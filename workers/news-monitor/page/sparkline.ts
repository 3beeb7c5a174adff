// A small line of the last hour, drawn by uPlot, which is loaded after the page and only for lines that are in sight.
import type uPlot from 'uplot';
import { element } from './dom.ts';

type Values = readonly (number | null)[];

let charts: Promise<typeof uPlot> | undefined;

/** Loads uPlot once. What it needs of its style sheet is in css/sparkline.css. */
function loadCharts(): Promise<typeof uPlot> {
  charts ??= import('uplot').then((module) => module.default);
  return charts;
}

const sparklines = new WeakMap<Element, Sparkline>();
const sight = new IntersectionObserver((entries) => {
  for (const { target, isIntersecting } of entries) sparklines.get(target)?.setInSight(isIntersecting);
});
const sizes = new ResizeObserver((entries) => {
  for (const { target } of entries) sparklines.get(target)?.fit();
});
const drawn = new Set<Sparkline>();
window.matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
  for (const sparkline of drawn) sparkline.redraw();
});

/** What a line says in words: its least, its most and its latest value. */
export function describeValues(label: string, values: Values, format: (value: number) => string): string {
  const known = values.filter((value) => value !== null);
  const latest = values.at(-1);
  if (known.length === 0) return `${label}: nothing known of the last hour yet`;
  const range = `least ${format(Math.min(...known))}, most ${format(Math.max(...known))}`;
  return `${label}, last hour: ${range}, now ${latest === null || latest === undefined ? 'unknown' : format(latest)}`;
}

/** One line. It starts at zero, and a gap in it is a time of which nothing is known. */
export class Sparkline {
  readonly node = element('span', { class: 'sparkline', role: 'img', hidden: '' });
  readonly #label: string;
  readonly #format: (value: number) => string;
  #values: Values = [];
  #inSight = false;
  #chart: uPlot | undefined;
  #loading = false;

  constructor(label: string, format: (value: number) => string) {
    this.#label = label;
    this.#format = format;
    sparklines.set(this.node, this);
    sight.observe(this.node);
    sizes.observe(this.node);
  }

  /** Shows these values, oldest first; fewer than two that are known make no line. */
  set(values: Values | undefined): void {
    this.#values = values ?? [];
    this.node.hidden = this.#values.filter((value) => value !== null).length < 2;
    const words = describeValues(this.#label, this.#values, this.#format);
    this.node.setAttribute('aria-label', words);
    this.node.title = words;
    void this.#draw();
  }

  setInSight(inSight: boolean): void {
    this.#inSight = inSight;
    void this.#draw();
  }

  /** Takes the width that its element has now. */
  fit(): void {
    const { clientWidth: width, clientHeight: height } = this.node;
    if (width > 0 && this.#chart && width !== this.#chart.width) this.#chart.setSize({ width, height });
  }

  redraw(): void {
    this.#chart?.redraw();
  }

  /** Forgets the line; its element goes with it. */
  destroy(): void {
    sight.unobserve(this.node);
    sizes.unobserve(this.node);
    drawn.delete(this);
    this.#chart?.destroy();
  }

  async #draw(): Promise<void> {
    if (!this.#inSight || this.node.hidden || this.#loading) return;
    if (this.#chart) return this.#chart.setData(this.#data());
    this.#loading = true;
    const Chart = await loadCharts().catch(() => undefined);
    this.#loading = false;
    if (!Chart || !this.node.isConnected) return;
    this.#chart = new Chart(this.#options(), this.#data(), this.node);
    drawn.add(this);
  }

  #data(): uPlot.AlignedData {
    return [this.#values.map((_, index) => index), [...this.#values]];
  }

  #options(): uPlot.Options {
    const colour = (name: string) => () => getComputedStyle(this.node).getPropertyValue(name);
    return {
      width: this.node.clientWidth,
      height: this.node.clientHeight,
      padding: [2, 2, 2, 2],
      cursor: { show: false },
      select: { show: false, left: 0, top: 0, width: 0, height: 0 },
      legend: { show: false },
      axes: [{ show: false }, { show: false }],
      scales: { x: { time: false }, y: { range: (_, __, most) => [0, most > 0 ? most * 1.05 : 1] } },
      series: [{}, { width: 1.5, stroke: colour('--spark'), fill: colour('--spark-fill'), points: { show: false } }],
    };
  }
}

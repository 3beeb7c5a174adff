// Draws the flow as SVG: made anew when its shape changes, patched while only its figures do.
import { find, setText, svgElement } from './dom.ts';
import { type Box, HORIZONTAL_LEAST, LANES, type Layout, type Line, layOut } from './flow-layout.ts';
import {
  describeFlow,
  type EdgeTexts,
  type FlowReading,
  foldSources,
  type Lane,
  type StationTexts,
} from './flow-model.ts';

/** Which sources have a lane of their own is looked at again this often, so that lanes do not jump about. */
const FOLD_EVERY_MS = 10_000;
/** Width of a character of a title and of a detail, at most of what fits. */
const CHARACTER = 7.6;

type Station = {
  readonly group: SVGElement;
  readonly title: SVGElement;
  readonly detail: SVGElement;
  readonly full: SVGElement;
};
type Edge = {
  readonly group: SVGElement;
  readonly line: SVGElement;
  readonly rate: SVGElement;
  readonly lag: SVGElement;
};

const clipTo = (text: string, width: number): string => {
  const most = Math.max(3, Math.floor((width - 14) / CHARACTER));
  return text.length <= most ? text : `${text.slice(0, most - 1)}…`;
};

export class FlowDrawing {
  readonly #frame = find('flow-drawing');
  readonly #stations = new Map<string, Station>();
  readonly #edges = new Map<string, Edge>();
  #reading: FlowReading | undefined;
  #lanes: readonly Lane[] = [];
  #foldedAtMs = Number.NEGATIVE_INFINITY;
  #layout: Layout | undefined;
  #shape = '';

  constructor() {
    new ResizeObserver(() => this.#draw()).observe(this.#frame);
  }

  update(reading: FlowReading): void {
    this.#reading = reading;
    this.#draw();
  }

  #draw(): void {
    const reading = this.#reading;
    if (!reading) return;
    find('flow-figure').hidden = reading.flow.length === 0;
    const width = Math.floor(this.#frame.clientWidth);
    if (reading.flow.length === 0 || width === 0) return;
    this.#fold(reading, width >= HORIZONTAL_LEAST ? LANES.horizontal : LANES.vertical);
    const shape = [width, ...this.#lanes.map(({ key }) => key)].join('\n');
    if (shape !== this.#shape) {
      this.#shape = shape;
      this.#make(
        layOut(
          this.#lanes.map(({ key }) => key),
          width,
        ),
      );
    }
    const texts = describeFlow(reading, this.#lanes);
    for (const [key, station] of texts.stations) this.#patchStation(key, station);
    for (const [key, edge] of texts.edges) this.#patchEdge(key, edge);
  }

  #fold(reading: FlowReading, most: number): void {
    const count = new Set(reading.flow.flatMap(({ source }) => source ?? [])).size;
    const shown = this.#lanes.reduce((sum, { sources }) => sum + sources.length, 0);
    const sameSize = count === shown && this.#lanes.length === Math.min(count, most);
    if (sameSize && performance.now() - this.#foldedAtMs < FOLD_EVERY_MS) return;
    this.#foldedAtMs = performance.now();
    this.#lanes = foldSources(reading, most);
  }

  #make(layout: Layout): void {
    this.#layout = layout;
    this.#stations.clear();
    this.#edges.clear();
    const { width, height, vertical } = layout;
    const size = { width: String(width), height: String(height), viewBox: `0 0 ${width} ${height}` };
    this.#frame.replaceChildren(
      svgElement(
        'svg',
        { ...size, role: 'img', 'aria-labelledby': 'flow-legend', class: vertical ? 'vertical' : 'horizontal' },
        svgElement('path', { class: 'dead-letter-way', d: layout.deadLetterPath }),
        ...layout.lines.map((line) => this.#makeEdge(line)),
        ...layout.boxes.map((box) => this.#makeStation(box, vertical)),
      ),
    );
  }

  #makeEdge({ key, path, head, rate: at, lag, anchor }: Line): SVGElement {
    const line = svgElement('path', { class: 'line', d: path });
    const rate = svgElement('text', { class: `rate ${anchor}`, x: String(at.x), y: String(at.y) });
    const waiting = svgElement('text', { class: `lag ${anchor}`, x: String(lag.x), y: String(lag.y) });
    const group = svgElement(
      'g',
      { class: 'edge', 'data-edge': key },
      line,
      svgElement('path', { class: 'head', d: head }),
      rate,
      waiting,
    );
    this.#edges.set(key, { group, line, rate, lag: waiting });
    return group;
  }

  #makeStation({ key, kind, x, y, width, height }: Box, vertical: boolean): SVGElement {
    const radius = kind === 'stream' ? Math.min(width, height) / 2 : 9;
    const place = { x: String(x + 0.5), y: String(y + 0.5), width: String(width - 1), height: String(height - 1) };
    const rect = svgElement('rect', { ...place, rx: String(kind === 'stream' ? Math.min(18, radius) : radius) });
    // A flat stream has its two texts side by side.
    const flat = vertical && height < 40;
    const centre = { x: x + width / 2, y: y + height / 2 };
    const title = svgElement('text', {
      class: flat ? 'title end' : 'title',
      x: String(flat ? centre.x - 6 : centre.x),
      y: String(flat ? centre.y + 4.5 : centre.y - 3),
    });
    const detail = svgElement('text', {
      class: flat ? 'detail start' : 'detail',
      x: String(flat ? centre.x + 6 : centre.x),
      y: String(flat ? centre.y + 4.5 : centre.y + 13),
    });
    const full = svgElement('title');
    const group = svgElement('g', { class: `station ${kind}`, 'data-station': key }, full, rect, title, detail);
    this.#stations.set(key, { group, title, detail, full });
    return group;
  }

  #patchStation(key: string, texts: StationTexts): void {
    const station = this.#stations.get(key);
    const box = this.#layout?.boxes.find((each) => each.key === key);
    if (!station || !box) return;
    setText(station.title, clipTo(texts.title, box.width));
    setText(station.detail, texts.detail);
    setText(station.full, texts.full);
    station.group.classList.toggle('alarm', texts.alarm);
  }

  #patchEdge(key: string, texts: EdgeTexts): void {
    const edge = this.#edges.get(key);
    if (!edge) return;
    setText(edge.rate, texts.rate);
    setText(edge.lag, texts.lag);
    edge.group.setAttribute('data-state', texts.state);
    const width = Math.min(4, 1.5 + Math.log10(1 + texts.perSecond));
    edge.line.setAttribute('stroke-width', width.toFixed(1));
  }
}

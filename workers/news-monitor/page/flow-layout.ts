// Where everything of the drawing stands: pure geometry, in pixels. The flow runs to the right, or down on narrow screens.

export interface Box {
  readonly key: string;
  readonly kind: 'worker' | 'stream' | 'store';
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface Line {
  readonly key: string;
  /** Path data of the line. */
  readonly path: string;
  /** Path data of the arrow's head. */
  readonly head: string;
  /** Where the texts about the rate and about what waits go. */
  readonly rate: { readonly x: number; readonly y: number };
  readonly lag: { readonly x: number; readonly y: number };
  readonly anchor: 'start' | 'middle' | 'end';
}

export interface Layout {
  readonly width: number;
  readonly height: number;
  readonly vertical: boolean;
  readonly boxes: readonly Box[];
  readonly lines: readonly Line[];
  /** Path data of the way to the DLQ. */
  readonly deadLetterPath: string;
}

/** Narrower than this, it runs down. */
export const HORIZONTAL_LEAST = 860;
/** Lanes that there is room for. */
export const LANES = { horizontal: 6, vertical: 3 } as const;

const HEIGHT = 44;
const HEAD = 7;
/** Width of an edge's texts. */
const TEXT_ROOM = 70;
/** Space at the left of a vertical drawing for the way to the DLQ. */
const MARGIN = 16;

const round = (value: number): number => Math.round(value * 2) / 2;

/** A line between the middles of two facing sides. */
function connect(key: string, from: Box, to: Box, vertical: boolean): Line {
  // A stream is as long as all lanes: the line stays in its lane.
  const wide = (box: Box, other: Box) =>
    box.kind === 'stream' && (vertical ? box.width > other.width : box.height > other.height);
  // Beside a line that runs down there must be room for its texts.
  const middle = (box: Box) =>
    vertical ? box.x + Math.min(box.width / 2, Math.max(24, box.width - TEXT_ROOM)) : box.y + box.height / 2;
  const [a, b] = [wide(from, to) ? middle(to) : middle(from), wide(to, from) ? middle(from) : middle(to)].map(
    round,
  ) as [number, number];
  const start = round(vertical ? from.y + from.height : from.x + from.width) + 1;
  const end = round(vertical ? to.y : to.x) - 2;
  const half = (start + end) / 2;
  const point = (main: number, cross: number) => (vertical ? `${cross} ${main}` : `${main} ${cross}`);
  const last = end - HEAD + 1;
  const way = a === b ? `L${point(last, b)}` : `C${point(half, a)} ${point(half, b)} ${point(last, b)}`;
  const head = `M${point(end, b)}L${point(end - HEAD, b - HEAD / 2)}L${point(end - HEAD, b + HEAD / 2)}Z`;
  return { key, path: `M${point(start, a)}${way}`, head, ...placeTexts({ a, b, start, end, vertical }) };
}

/** Texts stand above and below a line to the right; right of one that runs down, unless it turns left. */
function placeTexts(line: {
  readonly a: number;
  readonly b: number;
  readonly start: number;
  readonly end: number;
  readonly vertical: boolean;
}): Pick<Line, 'rate' | 'lag' | 'anchor'> {
  const { a, b, start, end, vertical } = line;
  const half = (start + end) / 2;
  if (!vertical) {
    // Where the line forks, on its outer side.
    const rate = { x: a === b ? half : half - 4, y: b > a ? b + 16 : b - 7 };
    return { rate, lag: { x: half, y: b + 16 }, anchor: 'middle' };
  }
  const left = b < a;
  const x = b + (left ? -7 : 7);
  const y = a === b ? half : end - 16;
  return { rate: { x, y: y - 2 }, lag: { x, y: y + 12 }, anchor: left ? 'end' : 'start' };
}

/** Lays the flow out with these lanes in this width. */
export function layOut(lanes: readonly string[], width: number): Layout {
  return width >= HORIZONTAL_LEAST ? layOutAcross(lanes, width) : layOutDown(lanes, width);
}

function linesOf(lanes: readonly string[], boxes: readonly Box[], vertical: boolean): Line[] {
  const by = new Map(boxes.map((box) => [box.key, box]));
  const line = (key: string, from: string, to: string) =>
    connect(key, by.get(from) as Box, by.get(to) as Box, vertical);
  return [
    ...lanes.flatMap((lane) => [
      line(`publish/${lane}`, `exporter/${lane}`, 'SOURCES'),
      line(`pull/${lane}`, 'SOURCES', `consumer/${lane}`),
      line(`news/${lane}`, `consumer/${lane}`, 'NEWS'),
    ]),
    line('create', 'NEWS', 'creator'),
    line('store', 'creator', 'database'),
    line('process', 'creator', 'PROCESSED'),
    line('monitor', 'PROCESSED', 'monitor'),
  ];
}

function layOutAcross(lanes: readonly string[], width: number): Layout {
  const widths = [132, 84, 132, 78, 116, 100, 116];
  const free = width - widths.reduce((sum, each) => sum + each, 0);
  // Where messages are pulled, two texts want room.
  const gaps = [0.13, 0.21, 0.11, 0.21, 0.13, 0.21].map((share) => free * share);
  const starts = widths.map((_, rank) =>
    round(widths.slice(0, rank).reduce((sum, each, index) => sum + each + (gaps[index] as number), 0)),
  );
  const pitch = HEIGHT + 14;
  const lanesHeight = Math.max(lanes.length * pitch - 14, 2 * HEIGHT + 28);
  const laneTop = (lanesHeight - (lanes.length * pitch - 14)) / 2;
  const centre = lanesHeight / 2;
  const box = (key: string, kind: Box['kind'], rank: number, y: number, height = HEIGHT): Box => ({
    key,
    kind,
    x: starts[rank] as number,
    y: round(y),
    width: widths[rank] as number,
    height: round(height),
  });
  const fork = HEIGHT / 2 + 14;
  const dlqTop = lanesHeight + 30;
  const boxes = [
    ...lanes.flatMap((lane, index) => [
      box(`exporter/${lane}`, 'worker', 0, laneTop + index * pitch),
      box(`consumer/${lane}`, 'worker', 2, laneTop + index * pitch),
    ]),
    box('SOURCES', 'stream', 1, 0, lanesHeight),
    box('NEWS', 'stream', 3, 0, lanesHeight),
    box('creator', 'worker', 4, centre - HEIGHT / 2),
    box('database', 'store', 5, centre - fork - HEIGHT / 2),
    box('PROCESSED', 'stream', 5, centre + fork - HEIGHT / 2),
    box('monitor', 'worker', 6, centre + fork - HEIGHT / 2),
    box('dlq', 'store', 6, dlqTop),
  ];
  const bus = dlqTop + HEIGHT / 2;
  const down = (key: string) => {
    const from = boxes.find((each) => each.key === key) as Box;
    return `M${from.x + from.width / 2} ${from.y + from.height + 1}V${bus}`;
  };
  const first = boxes.find(({ key }) => key === `consumer/${lanes.at(-1)}`) as Box;
  const dlq = boxes.at(-1) as Box;
  return {
    width,
    height: dlqTop + HEIGHT + 1,
    vertical: false,
    boxes,
    lines: linesOf(lanes, boxes, false),
    deadLetterPath: `${down(first.key)}H${dlq.x - 2}${down('creator')}M${dlq.x + dlq.width / 2} ${(boxes.at(-2) as Box).y + HEIGHT + 1}V${dlq.y - 2}`,
  };
}

function layOutDown(lanes: readonly string[], width: number): Layout {
  const room = width - MARGIN;
  const laneGap = 8;
  const laneWidth = (room - (lanes.length - 1) * laneGap) / lanes.length;
  const gaps = [34, 42, 34, 42, 38, 42];
  const heights = [HEIGHT, 36, HEIGHT, 36, HEIGHT, HEIGHT, HEIGHT];
  const tops = heights.map((_, rank) =>
    heights.slice(0, rank).reduce((sum, each, index) => sum + each + (gaps[index] as number), 0),
  );
  const box = (key: string, kind: Box['kind'], rank: number, x: number, boxWidth: number): Box => ({
    key,
    kind,
    x: round(MARGIN + x),
    y: tops[rank] as number,
    width: round(boxWidth),
    height: heights[rank] as number,
  });
  const half = (room - 16) / 2;
  const boxes = [
    ...lanes.flatMap((lane, index) => [
      box(`exporter/${lane}`, 'worker', 0, index * (laneWidth + laneGap), laneWidth),
      box(`consumer/${lane}`, 'worker', 2, index * (laneWidth + laneGap), laneWidth),
    ]),
    box('SOURCES', 'stream', 1, 0, room),
    box('NEWS', 'stream', 3, 0, room),
    box('creator', 'worker', 4, room / 4, room / 2),
    box('database', 'store', 5, 0, half),
    box('PROCESSED', 'stream', 5, half + 16, half),
    box('dlq', 'store', 6, 0, half),
    box('monitor', 'worker', 6, half + 16, half),
  ];
  const side = (key: string) => {
    const from = boxes.find((each) => each.key === key) as Box;
    return `M${from.x - 1} ${from.y + from.height / 2}H2`;
  };
  const dlq = boxes.find(({ key }) => key === 'dlq') as Box;
  return {
    width,
    height: dlq.y + HEIGHT + 1,
    vertical: true,
    boxes,
    lines: linesOf(lanes, boxes, true),
    deadLetterPath: `${side(`consumer/${lanes[0]}`)}V${dlq.y + HEIGHT / 2}H${dlq.x - 2}${side('creator')}M${dlq.x + dlq.width + 15} ${dlq.y + HEIGHT / 2}H${dlq.x + dlq.width + 2}`,
  };
}

// What the drawing of the flow says: the sources folded into a few lanes, and the figures of every station and edge.
import type { ConsumerRow, ConsumersEvent, DlqView, FlowStep } from '../snapshot.ts';
import { formatBrief, formatCount, formatRate, formatSpan } from './format.ts';

/** What is drawn of the flow at one moment. */
export interface FlowReading {
  readonly flow: readonly FlowStep[];
  readonly consumers: readonly ConsumerRow[];
  readonly replicas: ConsumersEvent['replicas'];
  readonly deadLetters: DlqView['total'];
}

/** Sources drawn together, one above the other's place: usually one, the last lane may hold many. */
export interface Lane {
  readonly key: string;
  readonly sources: readonly string[];
}

/** Texts of a station; `full` is its tooltip. */
export interface StationTexts {
  readonly title: string;
  readonly detail: string;
  readonly full: string;
  readonly alarm: boolean;
}

export type EdgeState = 'flowing' | 'idle' | 'behind' | 'unknown';

/** Texts of an edge: what goes along it, and what waits at its beginning. */
export interface EdgeTexts {
  readonly rate: string;
  readonly lag: string;
  readonly state: EdgeState;
  /** Messages per second, for the line's width. */
  readonly perSecond: number;
}

export interface FlowTexts {
  readonly stations: ReadonlyMap<string, StationTexts>;
  readonly edges: ReadonlyMap<string, EdgeTexts>;
}

/** A lag as old as this is worth a look even while it is being worked off. */
const OLD_SECONDS = 30;
const REST = '\u0000rest';

const rowOf = (consumers: readonly ConsumerRow[], step: FlowStep | undefined): ConsumerRow | undefined =>
  step && consumers.find(({ stream, consumer }) => stream === step.takes && consumer === step.worker);

/** How much a source wants to be seen: what can't be read first, then the oldest lag, the most lag, the most news. */
function urgency({ flow, consumers }: FlowReading, source: string): readonly number[] {
  const rows = flow.filter((step) => step.source === source).map((step) => rowOf(consumers, step));
  const known = rows.filter((row) => row !== undefined && 'lag' in row);
  const most = (values: readonly number[]) => Math.max(0, ...values);
  return [
    rows.some((row) => row && 'unknown' in row) ? 1 : 0,
    most(known.map(({ lagSeconds }) => ((lagSeconds ?? 0) >= OLD_SECONDS ? 1 : 0))),
    most(known.map(({ lag }) => lag)),
    most(known.map(({ perSecond }) => perSecond ?? 0)),
  ];
}

/**
 * Folds the sources into at most `most` lanes: where there are more, those that most want to be seen keep a lane and
 * the last lane is all others.
 */
export function foldSources(reading: FlowReading, most: number): Lane[] {
  const sources = [...new Set(reading.flow.flatMap(({ source }) => source ?? []))];
  const alone = (source: string): Lane => ({ key: source, sources: [source] });
  if (sources.length <= most) return sources.map(alone);
  const ranked = sources.map((source) => ({ source, urgency: urgency(reading, source) }));
  ranked.sort((a, b) => {
    const place = a.urgency.findIndex((value, index) => value !== b.urgency[index]);
    return place < 0 ? 0 : (b.urgency[place] as number) - (a.urgency[place] as number);
  });
  const chosen = new Set(ranked.slice(0, most - 1).map(({ source }) => source));
  const rest = sources.filter((source) => !chosen.has(source));
  return [...sources.filter((source) => chosen.has(source)).map(alone), { key: REST, sources: rest }];
}

/** A sum in which what is not known counts as nothing; null when nothing is known. */
function sum(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : known.reduce((total, value) => total + value, 0);
}

/** Describes the pull of some consumers from their stream. */
function pull(rows: readonly (ConsumerRow | undefined)[]): EdgeTexts {
  const known = rows.filter((row) => row !== undefined && 'lag' in row);
  const unknown = rows.some((row) => row && 'unknown' in row);
  const perSecond = sum(known.map((row) => row.perSecond));
  const lag = sum(known.map((row) => row.lag)) ?? 0;
  const seconds = Math.max(0, ...known.map((row) => row.lagSeconds ?? 0));
  const age = lag > 0 && seconds >= 1 ? ` · ${formatSpan(seconds * 1_000)}` : '';
  const stuck = known.some((row) => row.pending > 0 && row.perSecond === 0);
  return {
    rate: perSecond === null ? '' : `${formatRate(perSecond)}/s`,
    lag: unknown ? 'unknown' : lag > 0 ? `${formatBrief(lag)}${age}` : '',
    state: unknown ? 'unknown' : stuck || seconds >= OLD_SECONDS ? 'behind' : (perSecond ?? 0) > 0 ? 'flowing' : 'idle',
    perSecond: perSecond ?? 0,
  };
}

function publish(perSecond: number | null, labelled = true): EdgeTexts {
  const rate = labelled && perSecond !== null ? `${formatRate(perSecond)}/s` : '';
  return { rate, lag: '', state: (perSecond ?? 0) > 0 ? 'flowing' : 'idle', perSecond: perSecond ?? 0 };
}

/** The texts of every station and edge. */
export function describeFlow(reading: FlowReading, lanes: readonly Lane[]): FlowTexts {
  const { flow, consumers, replicas, deadLetters } = reading;
  const stations = new Map<string, StationTexts>();
  const edges = new Map<string, EdgeTexts>();
  const stepsOf = (role: FlowStep['role'], sources?: readonly string[]) =>
    flow.filter((step) => step.role === role && (sources === undefined || sources.includes(step.source ?? '')));
  const rowsOf = (steps: readonly FlowStep[]) => steps.map((step) => rowOf(consumers, step));
  const arriving = (steps: readonly FlowStep[]) =>
    sum(rowsOf(steps).map((row) => (row && 'arrivingPerSecond' in row ? row.arrivingPerSecond : null)));

  const worker = (title: string, kind: string, steps: readonly FlowStep[]): StationTexts => {
    const names = steps.length > 12 ? `${title}: ${kind}s` : steps.map((step) => step.worker).join(', ');
    if (typeof replicas.unknown === 'string') {
      return {
        title,
        detail: `${kind} ×?`.trim(),
        full: `${names}: replicas unknown, ${replicas.unknown}`,
        alarm: false,
      };
    }
    const counts = steps.map((step) => (replicas as Readonly<Record<string, number>>)[step.worker] ?? 0);
    const total = counts.reduce((all, count) => all + count, 0);
    return {
      title,
      detail: `${kind} ×${formatCount(total)}`.trim(),
      full: `${names}: ${formatCount(total)} ${total === 1 ? 'replica' : 'replicas'}`,
      alarm: counts.includes(0),
    };
  };
  const stream = (name: string, takers: readonly FlowStep[]) => {
    const perSecond = arriving(takers);
    const detail = perSecond === null ? '' : `${formatRate(perSecond)}/s in`;
    stations.set(name, { title: name, detail, full: `Stream ${name}`, alarm: false });
  };

  for (const { key, sources } of lanes) {
    const title = key === REST ? `${formatCount(sources.length)} more` : key;
    const consumerSteps = stepsOf('consumer', sources);
    stations.set(`exporter/${key}`, worker(title, 'exporter', stepsOf('exporter', sources)));
    stations.set(`consumer/${key}`, worker(title, 'consumer', consumerSteps));
    const taken = pull(rowsOf(consumerSteps));
    edges.set(`publish/${key}`, publish(arriving(consumerSteps)));
    edges.set(`pull/${key}`, taken);
    edges.set(`news/${key}`, publish(taken.perSecond, false));
  }
  const [creators, monitors] = [stepsOf('creator'), stepsOf('monitor')];
  stream('SOURCES', stepsOf('consumer'));
  stream('NEWS', creators);
  stream('PROCESSED', monitors);
  stations.set('creator', worker('news-creator', '', creators));
  stations.set('monitor', worker('news-monitor', '', monitors));
  stations.set('database', { title: 'MongoDB', detail: 'stored once', full: 'The database', alarm: false });
  const letters = typeof deadLetters === 'number' ? formatCount(deadLetters) : 'unknown';
  stations.set('dlq', { title: 'DLQ', detail: letters, full: `Dead letters: ${letters}`, alarm: deadLetters !== 0 });
  edges.set('create', pull(rowsOf(creators)));
  edges.set('monitor', pull(rowsOf(monitors)));
  edges.set('process', publish(arriving(monitors)));
  edges.set('store', publish(arriving(monitors)));
  return { stations, edges };
}

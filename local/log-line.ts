// A line of a worker's log, as JSON and as people read it. Pure.

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** A line of a log. */
export interface LogLine {
  readonly worker: string;
  /** ISO 8601; of a line that has none, that of the line before, or the empty string. */
  readonly time: string;
  /** Null of a line that is not JSON. */
  readonly level: LogLevel | null;
  readonly message: string;
  readonly reason: string;
  /** Everything else that it says, in its order. */
  readonly fields: Readonly<Record<string, unknown>>;
}

const COLORS: Readonly<Record<LogLevel, string>> = { debug: '2', info: '36', warn: '33', error: '31' };
/** Said by other means, or of no use to a reader. */
const UNSAID = new Set(['pid', 'stack']);
/** What is said when there is room for little. */
const BRIEF = new Set(['source', 'feed']);

/**
 * Reads a line.
 * @param name of the process that wrote it; used for a line that is not JSON, such as of a crash, which is then shown as it is
 */
export function parseLogLine(text: string, name: string, previousTime = ''): LogLine {
  const plain = { worker: name, time: previousTime, level: null, message: text, reason: '', fields: {} } as const;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return plain;
  }
  if (typeof value !== 'object' || value === null) return plain;
  const { worker = name, time, level, msg, reason = '', ...fields } = value as Readonly<Record<string, unknown>>;
  if (typeof time !== 'string' || !isLevel(level)) return plain;
  return { worker: String(worker), time, level, message: String(msg ?? ''), reason: String(reason), fields };
}

const isLevel = (value: unknown): value is LogLevel => LOG_LEVELS.includes(value as LogLevel);

/** Whether a line is of a level or a graver one. */
export const isAtLeast = ({ level }: LogLine, least: LogLevel): boolean =>
  level !== null && LOG_LEVELS.indexOf(level) >= LOG_LEVELS.indexOf(least);

/** Whether a line is about a trace; the beginning of its id will do. */
export function isOfTrace({ fields: { traceId, traceIds } }: LogLine, trace: string): boolean {
  const ids = [traceId, ...(Array.isArray(traceIds) ? traceIds : [])];
  return ids.some((id) => typeof id === 'string' && id.startsWith(trace));
}

/**
 * Writes a line for people: time of day, level, worker, message, reason, and the rest as `name=value`.
 * @param options.color for a terminal @default false
 * @param options.brief leaves most of the rest out @default false
 */
export function formatLogLine(
  line: LogLine,
  options: { readonly color?: boolean; readonly brief?: boolean } = {},
): string {
  const paint = (code: string, text: string): string => (options.color ? `\u001b[${code}m${text}\u001b[0m` : text);
  const { worker, time, level, message, reason, fields } = line;
  const said = Object.entries(fields).filter(([key]) => (options.brief ? BRIEF.has(key) : !UNSAID.has(key)));
  const rest = said.map(([key, value]) => `${key}=${valueText(value)}`).join(' ');
  const text = printable(reason === '' ? message : `${message}: ${reason}`);
  const head = `${paint('2', timeOfDay(time))} ${level ? paint(COLORS[level], level.toUpperCase().padEnd(5)) : '     '} ${printable(worker)}`;
  const stack =
    options.brief || typeof fields.stack !== 'string' ? '' : `\n${fields.stack.split('\n').map(printable).join('\n')}`;
  return `${head}  ${text}${rest === '' ? '' : `  ${paint('2', rest)}`}${stack}`;
}

function timeOfDay(time: string): string {
  const date = new Date(time);
  return Number.isNaN(date.getTime()) ? '        ' : date.toTimeString().slice(0, 8);
}

function valueText(value: unknown): string {
  const text = typeof value === 'string' ? value : Array.isArray(value) ? value.join(',') : JSON.stringify(value);
  return /^[^\s"=]+$/.test(text ?? '') ? printable(text) : printable(JSON.stringify(text) ?? '');
}

/** Feeds have their say in reasons: what a terminal would act upon is not for them to send. */
const printable = (text: string): string => text.replace(/\p{Cc}/gu, '\ufffd');

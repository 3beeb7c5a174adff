// The monitor's settings: what to watch, as the topology tells it.
import { integer, type Option, text } from '../runtime/environment.ts';

/** A consumer to watch. */
export interface WatchedConsumer {
  readonly stream: string;
  readonly consumer: string;
}

/** A source to show before its feeds are first polled. */
export interface DeclaredSource {
  readonly source: string;
  readonly feeds: number;
}

const entries = <T>(variable: string, form: RegExp, example: string, read: (match: string[]) => T): Option<T[]> => ({
  variable,
  parse: (value) =>
    value.split(',').map((entry) => {
      const match = form.exec(entry.trim());
      if (!match) throw new Error(`${JSON.stringify(entry)} is not of the form ${example}`);
      return read(match);
    }),
});

export const MONITOR_OPTIONS = {
  consumer: text('CONSUMER'),
  /** The consumers to watch, each `<stream>/<consumer>`. */
  consumers: entries<WatchedConsumer>('CONSUMERS', /^([^/\s]+)\/([^/\s]+)$/, '<stream>/<consumer>', (match) => ({
    stream: match[1] as string,
    consumer: match[2] as string,
  })),
  /** The sources there are, each `<source>=<number of feeds>`. */
  sources: entries<DeclaredSource>('SOURCES', /^([^=\s]+)=(\d{1,9})$/, '<source>=<number of feeds>', (match) => ({
    source: match[1] as string,
    feeds: Number(match[2]),
  })),
  /** Servers of the cluster. */
  servers: integer('SERVERS', 1, 1_000),
  /** Where news-reader answers, such as `http://news-reader:8080`; without it nothing is said of stored news. */
  readerUrl: {
    variable: 'READER_URL',
    otherwise: null,
    parse: (value) => {
      const url = URL.canParse(value) ? new URL(value) : undefined;
      if (url?.protocol !== 'http:' || url.pathname !== '/' || url.search !== '' || url.username !== '') {
        throw new Error('allowed: an http address without a path, such as http://news-reader:8080');
      }
      return url;
    },
  } satisfies Option<URL | null> as Option<URL | null>,
  /** What people do to put a dead letter back, `{sequence}` in place of its sequence in the DLQ. */
  replayCommand: text('REPLAY_COMMAND', { otherwise: 'make replay SEQUENCE={sequence}' }),
  /** What the database is, for people. */
  database: text('DATABASE', { otherwise: 'MongoDB' }),
} as const;

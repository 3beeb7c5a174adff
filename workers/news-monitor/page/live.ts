// Follows the monitor's events, and comes back by itself when the connection is lost.
import type {
  BoardSnapshot,
  ConsumersEvent,
  DlqView,
  FlowEvent,
  HistoryPoint,
  NewsEvent,
  SourcesEvent,
} from '../snapshot.ts';

export interface Handlers {
  readonly snapshot: (board: BoardSnapshot) => void;
  readonly news: (event: NewsEvent) => void;
  readonly consumers: (event: ConsumersEvent) => void;
  readonly sources: (event: SourcesEvent) => void;
  readonly flow: (event: FlowEvent) => void;
  readonly dlq: (event: DlqView) => void;
  readonly point: (event: HistoryPoint) => void;
  /** Whether events flow. */
  readonly state: (state: 'live' | 'reconnecting') => void;
}

const EVENTS = ['snapshot', 'news', 'consumers', 'sources', 'flow', 'dlq', 'point'] as const;
const FIRST_RETRY_MS = 2_000;
const LAST_RETRY_MS = 30_000;
/** The monitor reads its consumers every few seconds; a longer silence is a connection that died unnoticed. */
const SILENCE_MS = 60_000;

/**
 * Connects and stays connected. A browser reconnects by itself when a connection breaks, but gives up when it is
 * answered by an error (too many pages open, a proxy without a server): then a new attempt follows after a pause.
 */
export function follow(handlers: Handlers): void {
  let retryMs = FIRST_RETRY_MS;
  let silence: number | undefined;

  const open = () => {
    const source = new EventSource('api/events');
    const listen = () => {
      window.clearTimeout(silence);
      silence = window.setTimeout(() => again(0), SILENCE_MS);
    };
    const again = (delayMs: number) => {
      source.close();
      window.clearTimeout(silence);
      handlers.state('reconnecting');
      window.setTimeout(open, delayMs);
    };
    source.onopen = () => {
      retryMs = FIRST_RETRY_MS;
      listen();
      handlers.state('live');
    };
    source.onerror = () => {
      handlers.state('reconnecting');
      if (source.readyState !== EventSource.CLOSED) return;
      again(retryMs);
      retryMs = Math.min(2 * retryMs, LAST_RETRY_MS);
    };
    for (const name of EVENTS) {
      source.addEventListener(name, ({ data }) => {
        listen();
        handlers[name](JSON.parse(data));
      });
    }
  };
  open();
}

// Reads server-sent events over plain HTTP as a browser would, for tests.
import { get, type IncomingMessage } from 'node:http';

export interface ReceivedEvent {
  readonly event: string;
  readonly id: string | undefined;
  readonly data: unknown;
}

/** A connection to `/api/events`. */
export class EventReader {
  readonly events: ReceivedEvent[] = [];
  readonly response: IncomingMessage;
  comments = 0;
  retryMs: number | undefined;
  /** Set once the server has ended the stream, or cut it. */
  ended: 'end' | 'cut' | undefined;

  private constructor(response: IncomingMessage) {
    this.response = response;
    let rest = '';
    response.setEncoding('utf8');
    response.on('data', (chunk: string) => {
      const blocks = (rest + chunk).split('\n\n');
      rest = blocks.pop() ?? '';
      for (const block of blocks) this.#take(block);
    });
    response.on('end', () => {
      this.ended = 'end';
    });
    response.on('error', () => {
      this.ended = 'cut';
    });
  }

  static open(url: string, lastEventId?: string): Promise<EventReader> {
    const headers = lastEventId === undefined ? {} : { 'Last-Event-ID': lastEventId };
    return new Promise((resolve, reject) => {
      get(`${url}/api/events`, { headers, agent: false }, (response) => resolve(new EventReader(response))).on(
        'error',
        reject,
      );
    });
  }

  of(event: string): ReceivedEvent[] {
    return this.events.filter((received) => received.event === event);
  }

  close(): void {
    this.response.destroy();
  }

  #take(block: string): void {
    const fields = new Map<string, string>();
    for (const line of block.split('\n')) {
      const colon = line.indexOf(':');
      if (colon === 0) this.comments += 1;
      else fields.set(line.slice(0, colon), line.slice(colon + 1).trim());
    }
    const retry = fields.get('retry');
    if (retry !== undefined) this.retryMs = Number(retry);
    const event = fields.get('event');
    if (event === undefined) return;
    this.events.push({ event, id: fields.get('id'), data: JSON.parse(fields.get('data') ?? 'null') });
  }
}

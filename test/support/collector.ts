// A collector of traces: takes OTLP over HTTP, as JSON, and keeps the spans.
import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

type Value = Readonly<Record<string, unknown>>;
interface Attribute {
  readonly key: string;
  readonly value: Value;
}
interface WireSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: number;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes: readonly Attribute[];
  readonly links: readonly { readonly traceId: string; readonly spanId: string }[];
  readonly status: { readonly code: number; readonly message?: string };
}
interface Request {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly Attribute[] };
    readonly scopeSpans: readonly { readonly spans: readonly WireSpan[] }[];
  }[];
}

/** A span as it was sent. */
export interface CollectedSpan extends Omit<WireSpan, 'attributes' | 'kind'> {
  readonly kind: 'internal' | 'server' | 'client' | 'producer' | 'consumer';
  readonly attributes: Readonly<Record<string, unknown>>;
  /** Attributes of the process that sent it. */
  readonly resource: Readonly<Record<string, unknown>>;
}

/** What a collector does with a request. */
export type Answer = (response: ServerResponse) => void;

const KINDS = [undefined, 'internal', 'server', 'client', 'producer', 'consumer'] as const;
const TAKE: Answer = (response) => response.setHeader('Content-Type', 'application/json').end('{}');

/** A collector on a free port of this machine. */
export class Collector {
  readonly #server: Server;
  readonly #spans: CollectedSpan[] = [];
  readonly #requests: { readonly path: string; readonly headers: IncomingHttpHeaders }[] = [];

  private constructor(answer: Answer) {
    this.#server = createServer(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk);
      this.#requests.push({ path: request.url ?? '', headers: request.headers });
      this.#spans.push(...spansOf(JSON.parse(Buffer.concat(chunks).toString())));
      answer(response);
    });
  }

  /** @param answer takes what comes unless given */
  static async start(answer = TAKE): Promise<Collector> {
    const collector = new Collector(answer);
    await new Promise<void>((listening) => collector.#server.listen(0, '127.0.0.1', listening));
    return collector;
  }

  get endpoint(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** All spans so far, those of a refused request included. */
  get spans(): readonly CollectedSpan[] {
    return this.#spans;
  }

  get requests(): readonly { readonly path: string; readonly headers: IncomingHttpHeaders }[] {
    return this.#requests;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise<void>((closed) => this.#server.close(() => closed()));
  }
}

const spansOf = ({ resourceSpans }: Request): CollectedSpan[] =>
  resourceSpans.flatMap(({ resource, scopeSpans }) =>
    scopeSpans.flatMap(({ spans }) =>
      spans.map((span) => ({
        ...span,
        kind: KINDS[span.kind] ?? 'internal',
        attributes: valuesOf(span.attributes),
        resource: valuesOf(resource.attributes),
      })),
    ),
  );

const valuesOf = (attributes: readonly Attribute[]): Record<string, unknown> =>
  Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]));

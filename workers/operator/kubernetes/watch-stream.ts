// Reads the answer to a watch: one event a line.
import type { IncomingMessage } from 'node:http';
import { type Asked, classifyFailure, describeRequest, TransientError } from './errors.ts';
import type { KubernetesObject } from './object.ts';

/** Something that happened to an object; a bookmark says only up to which version everything has been told. */
export interface WatchEvent<T extends KubernetesObject> {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK';
  readonly object: T;
}

interface Line {
  readonly type: string;
  readonly object: { readonly code?: number };
}

/**
 * Yields the events of a watch until the API server ends it.
 * @throws {GoneError} when the API server can't go on from the version that was asked for
 * @throws {TransientError} when what comes is not an event
 */
export async function* readWatch<T extends KubernetesObject>(
  response: IncomingMessage,
  asked: Asked,
): AsyncGenerator<WatchEvent<T>> {
  response.setEncoding('utf8');
  let rest = '';
  for await (const chunk of response) {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      const event = parseLine(line);
      if (!event) throw new TransientError(`can't ${describeRequest(asked)}: what came is not an event`);
      if (event.type === 'ERROR') throw classifyFailure(asked, event.object.code ?? 500, event.object);
      yield event as WatchEvent<T>;
    }
  }
}

function parseLine(line: string): Line | undefined {
  try {
    const { type, object } = JSON.parse(line) as Partial<Line>;
    return typeof type === 'string' && typeof object === 'object' && object !== null ? { type, object } : undefined;
  } catch {
    return undefined;
  }
}

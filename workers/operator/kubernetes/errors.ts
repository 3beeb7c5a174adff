// Why a request to the API server failed, by what follows from it. No message holds more of an answer than its summary.
import { qualifiedName, type Resource } from './resource.ts';

/** What was asked, as RBAC names it. */
export interface Asked {
  readonly verb: string;
  readonly resource: Resource;
  readonly subresource?: string | undefined;
  /** Such as `newsjet/news-creator`. */
  readonly key: string;
}

/** A request that the API server refused, or that got no answer. */
export class KubernetesError extends Error {
  override readonly name: string = 'KubernetesError';
}

/** There is no such object, namespace or kind. */
export class NotFoundError extends KubernetesError {
  override readonly name = 'NotFoundError';
}

/** Somebody else has changed the object: read it again. */
export class ConflictError extends KubernetesError {
  override readonly name = 'ConflictError';
}

/** There is such an object already. */
export class AlreadyExistsError extends KubernetesError {
  override readonly name = 'AlreadyExistsError';
}

/** The resource version is too old to go on from: list again. */
export class GoneError extends KubernetesError {
  override readonly name = 'GoneError';
}

/** The API server has too much to do, and said how long to wait. */
export class ThrottledError extends KubernetesError {
  override readonly name = 'ThrottledError';
  readonly retryAfterMs: number;

  constructor(message: string, retryAfterMs: number) {
    super(message);
    this.retryAfterMs = retryAfterMs;
  }
}

/** A permission is missing, which the message names. */
export class ForbiddenError extends KubernetesError {
  override readonly name = 'ForbiddenError';
}

/** The request can't succeed as it is: it is invalid, or its sender is not known. */
export class RejectedError extends KubernetesError {
  override readonly name = 'RejectedError';
  readonly status: number;

  constructor(message: string, status: number) {
    super(message);
    this.status = status;
  }
}

/** No answer, or one that says that the next may be better. */
export class TransientError extends KubernetesError {
  override readonly name = 'TransientError';
}

/** What the API server answers when it refuses; all that is used of it. */
interface Status {
  readonly reason?: unknown;
  readonly message?: unknown;
}

const MAX_MESSAGE = 300;
const DEFAULT_RETRY_AFTER_MS = 1_000;

/** What was asked, for messages: `patch deployments.apps/scale newsjet/news-creator`. */
export const describeRequest = ({ verb, resource, subresource, key }: Asked): string =>
  `${verb} ${qualifiedName(resource, subresource)} ${key}`.trimEnd();

/**
 * Names the failure that an answer stands for.
 * @param status of HTTP, or the code of a watch's error event
 * @param body the answer, of which only a Status' reason and the beginning of its message are used
 * @param retryAfter the header of that name, in seconds
 */
export function classifyFailure(asked: Asked, status: number, body: unknown, retryAfter?: string): KubernetesError {
  const { reason, message } = readStatus(body);
  // The API server quotes what it finds invalid, and that might be a secret.
  const said = asked.resource.plural === 'secrets' ? '' : `: ${message}`;
  const text = `can't ${describeRequest(asked)} (${status}${reason ? ` ${reason}` : ''}${said})`;
  const retryAfterMs = readRetryAfter(retryAfter);
  if (status === 429 || (status === 503 && retryAfterMs !== undefined)) {
    return new ThrottledError(text, retryAfterMs ?? DEFAULT_RETRY_AFTER_MS);
  }
  switch (status) {
    case 401:
      return new RejectedError(`${text}: the API server does not accept the token or certificate of this process`, 401);
    case 403:
      return new ForbiddenError(
        `${text}: the service account needs a Role that allows "${asked.verb}" on ${qualifiedName(asked.resource, asked.subresource)}`,
      );
    case 404:
      return new NotFoundError(text);
    case 409:
      return reason === 'AlreadyExists' ? new AlreadyExistsError(text) : new ConflictError(text);
    case 410:
      return new GoneError(text);
    default:
      return status >= 500 || status === 408 ? new TransientError(text) : new RejectedError(text, status);
  }
}

function readStatus(body: unknown): { reason: string; message: string } {
  try {
    const { reason, message } = (typeof body === 'string' ? JSON.parse(body) : body) as Status;
    return {
      reason: typeof reason === 'string' ? oneLine(reason) : '',
      message: typeof message === 'string' ? oneLine(message) : 'no reason given',
    };
  } catch {
    return { reason: '', message: 'no reason given' };
  }
}

const oneLine = (text: string): string => text.replace(/\s+/g, ' ').slice(0, MAX_MESSAGE);

function readRetryAfter(header: string | undefined): number | undefined {
  return header !== undefined && /^\d+$/.test(header) ? Number(header) * 1_000 : undefined;
}

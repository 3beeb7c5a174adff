// Answers requests: validators and 304, gzip for whoever accepts it, and nothing that a browser could misread.
import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';

/** What a path answers. */
export interface Reply {
  /** @default 200 */
  readonly status?: number;
  readonly contentType: string;
  readonly body: Buffer | string;
  /** How long it may be kept, in seconds. @default 0, which means to ask again each time */
  readonly maxAgeS?: number;
  readonly lastModified?: Date;
}

/** Bodies below this many bytes are not worth compressing. */
const GZIP_FROM_BYTES = 512;

/** Sends a reply; GET and HEAD only. */
export function sendReply(request: IncomingMessage, response: ServerResponse, reply: Reply): void {
  const status = reply.status ?? 200;
  const body = Buffer.from(reply.body);
  // Weak, because the plain and the compressed body share it.
  const etag = `W/"${createHash('sha256').update(body).digest('hex').slice(0, 32)}"`;
  response.setHeader('Content-Type', reply.contentType);
  response.setHeader('Cache-Control', reply.maxAgeS ? `public, max-age=${reply.maxAgeS}` : 'no-cache');
  response.setHeader('Vary', 'Accept-Encoding');
  response.setHeader('X-Content-Type-Options', 'nosniff');
  // No page of the newsroom needs a script; nothing that came in as text could run one.
  response.setHeader('Content-Security-Policy', "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'");
  if (status === 200) {
    response.setHeader('ETag', etag);
    if (reply.lastModified) response.setHeader('Last-Modified', reply.lastModified.toUTCString());
    if (isUnchanged(request, etag, reply.lastModified)) {
      response.removeHeader('Content-Type');
      response.writeHead(304).end();
      return;
    }
  }
  const compress = body.length >= GZIP_FROM_BYTES && acceptsGzip(request);
  if (compress) response.setHeader('Content-Encoding', 'gzip');
  const content = compress ? gzipSync(body) : body;
  response.writeHead(status, { 'Content-Length': content.length });
  response.end(request.method === 'HEAD' ? undefined : content);
}

/** RFC 9110: If-None-Match decides alone when it is there, compared weakly; If-Modified-Since has whole seconds. */
function isUnchanged(request: IncomingMessage, etag: string, lastModified: Date | undefined): boolean {
  const known = request.headers['if-none-match'];
  if (known !== undefined) {
    const opaque = (tag: string): string => tag.trim().replace(/^W\//, '');
    return known.trim() === '*' || known.split(',').some((tag) => opaque(tag) === opaque(etag));
  }
  const since = Date.parse(request.headers['if-modified-since'] ?? '');
  return lastModified !== undefined && Math.floor(lastModified.getTime() / 1_000) * 1_000 <= since;
}

function acceptsGzip(request: IncomingMessage): boolean {
  const accepted = String(request.headers['accept-encoding'] ?? '');
  return accepted.split(',').some((part) => {
    const [coding, ...parameters] = part.split(';').map((word) => word.trim().toLowerCase());
    return (coding === 'gzip' || coding === '*') && !parameters.some((parameter) => /^q=0(\.0*)?$/.test(parameter));
  });
}

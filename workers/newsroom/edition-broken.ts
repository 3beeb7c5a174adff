// The edition's documents that nobody can read as a feed: each has to end in the dead letter queue.
import type { RenderedDocument } from './formats/channel.ts';
import { Random } from './random.ts';

/** A broken document, with its feed's id and path. */
export interface BrokenDocument extends RenderedDocument {
  readonly id: string;
  readonly path: string;
}

const PAGE = `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Sign in</title></head>
<body>
<h1>Please sign in</h1>
<p>Your session has ended. The list of articles is for members.</p>
<form method="post"><label>Name <input name="name"></label> <button>Continue</button></form>
</body>
</html>
`;

const TEXT = `This feed has moved. Ask at the front desk, between nine and five, for its new address.
Thank you for reading us all these years.
`;

/** Bytes that are no text: those of a picture's beginning, then noise without angle brackets or braces. */
function renderNoise(): Buffer {
  const random = new Random('edition', 'noise');
  const noise = Array.from({ length: 2_048 }, () => random.integer(0x80, 0xff));
  return Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0x00, 0x00, ...noise]);
}

/** The five broken documents: a page, nothing, plain text, binary noise, and JSON that is no feed. */
export const BROKEN_DOCUMENTS: readonly BrokenDocument[] = [
  { id: 'page', path: '/edition/page.rss', contentType: 'text/html; charset=utf-8', body: Buffer.from(PAGE) },
  { id: 'empty', path: '/edition/empty.rss', contentType: 'application/rss+xml', body: Buffer.alloc(0) },
  { id: 'text', path: '/edition/text.rss', contentType: 'text/plain; charset=utf-8', body: Buffer.from(TEXT) },
  { id: 'noise', path: '/edition/noise.atom', contentType: 'application/atom+xml', body: renderNoise() },
  {
    id: 'status',
    path: '/edition/status.json',
    contentType: 'application/json',
    body: Buffer.from('{"status": 503, "error": "out of paper", "retry": true}\n'),
  },
];

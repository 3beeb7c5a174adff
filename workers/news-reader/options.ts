// The reader's settings: where the database is, and under which address the world knows it.
import type { Option } from '../runtime/environment.ts';
import { MONGO_OPTIONS } from '../runtime/mongo.ts';
import { HTTP_OPTIONS } from '../runtime/process.ts';

/** An http or https address with no query, read without the slash at its end. */
const base = (variable: string, otherwise: string): Option<string> => ({
  variable,
  otherwise,
  parse: (value) => {
    const url = URL.canParse(value) ? new URL(value) : undefined;
    if (!url || !/^https?:$/.test(url.protocol) || url.search !== '' || url.hash !== '' || url.username !== '') {
      throw new Error('allowed: an address such as https://news.example.org, with a path if it has one');
    }
    return url.href.replace(/\/+$/, '');
  },
});

export const READER_OPTIONS = {
  ...MONGO_OPTIONS,
  ...HTTP_OPTIONS,
  /** What feeds say about where they are; the empty string takes it from each request. */
  publicUrl: base('PUBLIC_URL', ''),
} as const;

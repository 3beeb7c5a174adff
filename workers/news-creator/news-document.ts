// A news item as it is written to the database.
import type { NewsItem } from '../contract/messages.ts';
import { type NewsDocument, searchTerms } from '../contract/stored-news.ts';

/** Which message brought a news item into being; a stream's sequence alone would begin anew with the stream. */
export interface Origin {
  /** Sequence in the stream NEWS. */
  readonly sequence: number;
  /** When the stream stored the message, in nanoseconds. */
  readonly timeNanos: number;
}

/** The value of `createdBy` for a message. */
export const creationMark = ({ sequence, timeNanos }: Origin): string => `${sequence}@${timeNanos}`;

/**
 * Which message one that was put back from the DLQ was at first.
 * @param header its `Newsjet-Replay-Of`
 */
export function originOfReplay(header: string | undefined): Origin | undefined {
  const [, sequence, timeNanos] = /^(\d{1,20})@(\d{1,20})$/.exec(header ?? '') ?? [];
  return sequence && timeNanos ? { sequence: Number(sequence), timeNanos: Number(timeNanos) } : undefined;
}

/** The parts of a document that are set when it is created and never again. */
export function newDocument(item: NewsItem, origin: Origin, now: Date): Omit<NewsDocument, '_id' | 'sources'> {
  return {
    title: item.title,
    description: item.description,
    date: item.date === null ? null : toDate(item.date),
    link: item.link,
    ...(item.author === undefined ? {} : { author: item.author }),
    ...(item.image === undefined ? {} : { image: item.image }),
    ...(item.language === undefined ? {} : { language: item.language }),
    storedAt: now,
    createdBy: creationMark(origin),
    terms: searchTerms(item.title),
  };
}

/** A leap second is a valid time in ISO 8601, and none that a Date can hold. */
function toDate(text: string): Date | null {
  const date = new Date(text);
  return Number.isNaN(date.getTime()) ? null : date;
}

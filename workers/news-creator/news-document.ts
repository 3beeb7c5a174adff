// A news item as the database keeps it.
import type { NewsItem } from '../contract/messages.ts';

/** Which message brought a news item into being; a stream's sequence alone would begin anew with the stream. */
export interface Origin {
  /** Sequence in the stream NEWS. */
  readonly sequence: number;
  /** When the stream stored the message, in nanoseconds. */
  readonly timeNanos: number;
}

/** Document of the collection `news`. */
export interface NewsDocument {
  /** Identity of the item: see the contract's identity.ts. */
  readonly _id: string;
  readonly title: string;
  readonly description: string;
  readonly date: Date | null;
  readonly link: string;
  readonly author?: string;
  readonly image?: string;
  readonly language?: string;
  /** Every source that brought it. */
  readonly sources: readonly string[];
  readonly storedAt: Date;
  /** The message that created the document: its redelivery must publish again, and no other may. */
  readonly createdBy: string;
}

/** The value of `createdBy` for a message. */
export const creationMark = ({ sequence, timeNanos }: Origin): string => `${sequence}@${timeNanos}`;

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
  };
}

/** A leap second is a valid time in ISO 8601, and none that a Date can hold. */
function toDate(text: string): Date | null {
  const date = new Date(text);
  return Number.isNaN(date.getTime()) ? null : date;
}

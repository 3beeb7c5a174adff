// Where a page of news ends, as a text that only this file can read.

/** Place of an item in the order of the news: latest stored first, equal times by descending identity. */
export interface Position {
  readonly storedAt: Date;
  /** Identity of the item. */
  readonly id: string;
}

const FORM = /^(\d{1,14})\.([0-9a-f]{32})$/;

export const writeCursor = ({ storedAt, id }: Position): string =>
  Buffer.from(`${storedAt.getTime()}.${id}`).toString('base64url');

/** Reads a cursor; undefined when it is none that writeCursor has made. */
export function readCursor(cursor: string): Position | undefined {
  const [, time, id] = FORM.exec(Buffer.from(cursor, 'base64url').toString('latin1')) ?? [];
  if (!time || !id) return undefined;
  const position = { storedAt: new Date(Number(time)), id };
  // Of the many texts that decode to the same, one is ours.
  return writeCursor(position) === cursor ? position : undefined;
}

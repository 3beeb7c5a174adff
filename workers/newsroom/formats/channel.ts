// What every format renders: a feed with its items, and the document that comes of it.
import type { Story } from '../story.ts';

export interface Channel {
  readonly title: string;
  readonly description: string;
  /** BCP 47 tag. */
  readonly language: string;
  /** Where the newsroom is, without a slash at the end; links begin with it. */
  readonly baseUrl: string;
  /** Path of the feed itself. */
  readonly path: string;
  readonly stories: readonly Story[];
}

/** A document as it goes over the wire. */
export interface RenderedDocument {
  readonly contentType: string;
  readonly body: Buffer;
}

/** When the channel last changed: the date of its newest story. */
export function updatedAt(channel: Channel): Date {
  return new Date(channel.stories.reduce((latest, { date }) => Math.max(latest, date.getTime()), 0));
}

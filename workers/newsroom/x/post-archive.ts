// All posts of the last while, in the order of their ids: what recent search looks through.
import type { Post } from './post.ts';
import { indexPost, type SearchablePost } from './query-match.ts';
import { compareIds } from './snowflake.ts';

/** A post and what queries look at. */
export interface ArchivedPost {
  readonly post: Post;
  readonly searchable: SearchablePost;
}

export class PostArchive {
  readonly #capacity: number;
  readonly #posts: ArchivedPost[] = [];

  /** @param capacity posts kept; older ones are forgotten */
  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  add(post: Post): ArchivedPost {
    const entry = { post, searchable: indexPost(post) };
    let index = this.#posts.length;
    while (index > 0 && compareIds((this.#posts[index - 1] as ArchivedPost).post.id, post.id) > 0) index--;
    this.#posts.splice(index, 0, entry);
    // In bulk: to shift a long array for every post would cost more than the posts.
    if (this.#posts.length > 1.1 * this.#capacity) this.#posts.splice(0, this.#posts.length - this.#capacity);
    return entry;
  }

  find(id: string): ArchivedPost | undefined {
    return this.#posts.findLast(({ post }) => post.id === id);
  }

  /** Posts after an id and before another (both not included), newest first. */
  *between(afterId: string | undefined, beforeId: string | undefined): Generator<ArchivedPost> {
    for (let index = this.#posts.length - 1; index >= 0; index--) {
      const entry = this.#posts[index] as ArchivedPost;
      if (afterId !== undefined && compareIds(entry.post.id, afterId) <= 0) return;
      if (beforeId === undefined || compareIds(entry.post.id, beforeId) < 0) yield entry;
    }
  }
}

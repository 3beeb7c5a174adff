// One object of the stream: a post, or a word about the stream itself.
import { fieldsOf, objects, type Problem, readStreamProblem, textOf } from './problems.ts';

/** A rule that a post matched. */
export interface MatchingRule {
  readonly id: string;
  readonly tag: string;
}

/** A post as it goes to the consumer: the text of its object, untouched. */
export interface Post {
  readonly kind: 'post';
  readonly id: string;
  /** Id of its first version: the same for all that editing makes of it. */
  readonly firstId: string;
  /** Empty when the object does not say. */
  readonly matchingRules: readonly MatchingRule[];
  readonly data: string;
}

export type StreamObject =
  | Post
  | { readonly kind: 'problem'; readonly problem: Problem }
  /** Neither; whoever consumes it says why. */
  | { readonly kind: 'unreadable'; readonly data: string };

/** Understands a line of the stream. */
export function readStreamObject(line: string): StreamObject {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return { kind: 'unreadable', data: line };
  }
  const object = fieldsOf(value);
  const post = fieldsOf(object.data);
  const id = textOf(post.id);
  if (/^\d+$/.test(id)) {
    const history = Array.isArray(post.edit_history_tweet_ids) ? post.edit_history_tweet_ids : [];
    const matchingRules = objects(object.matching_rules).map((rule) => ({
      id: textOf(rule.id),
      tag: textOf(rule.tag),
    }));
    return { kind: 'post', id, firstId: textOf(history[0]) || id, matchingRules, data: line };
  }
  // A post may come with errors about what could not be added to it; errors alone are about the stream.
  const isProblem = objects(object.errors).length > 0 || textOf(object.connection_issue) !== '';
  return isProblem ? { kind: 'problem', problem: readStreamProblem(object) } : { kind: 'unreadable', data: line };
}

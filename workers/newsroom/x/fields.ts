// Which fields of posts and users a request asks for.
import type { InvalidParameter } from './problems.ts';

const TWEET_FIELDS = [
  'article',
  'attachments',
  'author_id',
  'card_uri',
  'community_id',
  'context_annotations',
  'conversation_id',
  'created_at',
  'display_text_range',
  'edit_controls',
  'edit_history_tweet_ids',
  'entities',
  'geo',
  'id',
  'in_reply_to_user_id',
  'lang',
  'media_metadata',
  'non_public_metrics',
  'note_tweet',
  'organic_metrics',
  'possibly_sensitive',
  'promoted_metrics',
  'public_metrics',
  'referenced_tweets',
  'reply_settings',
  'scopes',
  'source',
  'text',
  'withheld',
] as const;

const USER_FIELDS = [
  'affiliation',
  'connection_status',
  'created_at',
  'description',
  'entities',
  'id',
  'is_identity_verified',
  'location',
  'most_recent_tweet_id',
  'name',
  'parody',
  'pinned_tweet_id',
  'profile_banner_url',
  'profile_image_url',
  'protected',
  'public_metrics',
  'receives_your_dm',
  'subscription',
  'subscription_type',
  'url',
  'username',
  'verified',
  'verified_followers_count',
  'verified_type',
  'withheld',
] as const;

const EXPANSIONS = [
  'article.cover_media',
  'article.media_entities',
  'attachments.media_keys',
  'attachments.media_source_tweet',
  'attachments.poll_ids',
  'author_id',
  'edit_history_tweet_ids',
  'entities.mentions.username',
  'entities.note.mentions.username',
  'geo.place_id',
  'in_reply_to_user_id',
  'referenced_tweets.id',
  'referenced_tweets.id.author_id',
] as const;

const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  'tweet.fields': TWEET_FIELDS,
  'user.fields': USER_FIELDS,
  expansions: EXPANSIONS,
};

/** Parameters that every endpoint with posts knows; those of objects that the simulator has none of are ignored. */
export const FIELD_PARAMETERS = [...Object.keys(ALLOWED), 'media.fields', 'place.fields', 'poll.fields'];

/** What to answer of posts and users. */
export interface Selection {
  readonly tweetFields: ReadonlySet<string>;
  readonly userFields: ReadonlySet<string>;
  readonly expansions: ReadonlySet<string>;
}

/** Reads the selection of a request; what is wrong with it goes to `invalid`. */
export function readSelection(parameters: URLSearchParams, invalid: InvalidParameter[]): Selection {
  const read = (name: string): ReadonlySet<string> => {
    const allowed = ALLOWED[name] as readonly string[];
    const values = (parameters.get(name) ?? '').split(',').filter((value) => value !== '');
    for (const value of values.filter((each) => !allowed.includes(each))) {
      const message = `The \`${name}\` query parameter value [${value}] is not one of [${allowed.join(',')}]`;
      invalid.push({ name, value, message });
    }
    return new Set(values);
  };
  return { tweetFields: read('tweet.fields'), userFields: read('user.fields'), expansions: read('expansions') };
}

/** Finds parameters that an endpoint does not know. */
export function findUnknown(parameters: URLSearchParams, known: readonly string[], invalid: InvalidParameter[]): void {
  for (const [name, value] of parameters) {
    if (known.includes(name)) continue;
    invalid.push({ name, value, message: `The query parameter [${name}] is not one of [${known.join(',')}]` });
  }
}

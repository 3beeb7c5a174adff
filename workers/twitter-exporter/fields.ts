// What the API is asked to tell about each post: everything that its consumer makes news of.

export const POST_FIELDS: Readonly<Record<string, string>> = {
  'tweet.fields': [
    ...['created_at', 'author_id', 'entities', 'lang', 'note_tweet', 'attachments'],
    ...['edit_history_tweet_ids', 'referenced_tweets'],
  ].join(','),
  expansions: [
    ...['author_id', 'attachments.media_keys', 'edit_history_tweet_ids'],
    ...['referenced_tweets.id', 'referenced_tweets.id.author_id'],
  ].join(','),
  'user.fields': 'name,username',
  'media.fields': 'type,url,preview_image_url',
};

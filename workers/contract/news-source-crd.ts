// The CRD of NewsSources: every field with its description; what can be checked at little cost is checked by the API server.
import { choice, column, conditions, count, customResourceDefinition, type Schema, time } from './custom-resource.ts';
import { IDENTITY_RULES, MAX_RULE_LENGTH, SOURCE_KINDS, X_API_URL } from './definition.ts';
import { NAME_FORM, NAME_PATTERN } from './feed-id.ts';
import { MAX_LISTED_ERRORS, NEWS_SOURCE, NEWS_SOURCE_CONDITIONS } from './news-source.ts';

/** An object of Kubernetes has room for little more. */
const MAX_FEEDS = 10_000;
/** X accepts no more in any of its plans. */
const MAX_RULES = 1_000;
const MAX_URL_LENGTH = 4_096;
/** As duration.ts reads it. */
const DURATION_PATTERN = '^[0-9]+(\\.[0-9]+)?(ms|s|m|h|d)$';
/** The same for RE2, which knows no other groups. */
const PATTERN = NAME_PATTERN.source.replace('(?:', '(');

const name = (description: string): Schema => ({
  ...{ type: 'string', description, minLength: 1, maxLength: 48 },
  pattern: PATTERN,
});
const address = (description: string): Schema => ({
  ...{ type: 'string', description, maxLength: MAX_URL_LENGTH },
  pattern: '^(https?|newsroom):/',
});

const FEED: Schema = {
  type: 'object',
  description: 'One feed: RSS, Atom or JSON Feed.',
  required: ['url'],
  properties: {
    url: address('Address of the feed, http or https, without user name and password; newsroom:/… is built in.'),
    every: {
      ...{
        type: 'string',
        description: 'Time between polls, such as 15m. Default: what the feed asks for, at least 15m.',
      },
      maxLength: 32,
      pattern: DURATION_PATTERN,
    },
    name: name(`Names the feed in subjects, state and metrics: ${NAME_FORM}. Default: derived from the address.`),
  },
};

const RULE: Schema = {
  type: 'object',
  description: "One rule of X's filtered stream.",
  required: ['value', 'tag'],
  properties: {
    value: {
      ...{ type: 'string', description: "What posts must match, in the language of X's rules." },
      ...{ minLength: 1, maxLength: MAX_RULE_LENGTH },
    },
    tag: name(`Names the rule: ${NAME_FORM}.`),
  },
};

const SPEC: Schema = {
  type: 'object',
  description: 'A source as newsjet.yaml would have it; the name of this object is the name of the source.',
  required: ['kind'],
  properties: {
    kind: {
      ...choice('rss: feeds that are polled. twitter: what is followed on X. It can not be changed.', SOURCE_KINDS),
      'x-kubernetes-validations': [
        {
          rule: 'self == oldSelf',
          message: 'kind can not be changed: delete this source and apply one of another name',
        },
      ],
    },
    identity: choice(
      'What makes two news items the same one: the normalised title, or the canonical link. Default: title.',
      IDENTITY_RULES,
    ),
    allowPrivateAddresses: {
      type: 'boolean',
      description: 'Of kind rss: whether feeds may live on private, loopback or link-local addresses. Default: false.',
    },
    feeds: {
      type: 'array',
      description: 'Of kind rss: what is polled. Feeds may be added, changed and removed at any time.',
      items: FEED,
      minItems: 1,
      maxItems: MAX_FEEDS,
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['url'],
    },
    rules: {
      type: 'array',
      description: 'Of kind twitter: the rules of the filtered stream.',
      items: RULE,
      minItems: 1,
      maxItems: MAX_RULES,
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['tag'],
    },
    api: address(`Of kind twitter: base address of the API. Default: ${X_API_URL}.`),
  },
  'x-kubernetes-validations': [
    {
      rule: "self.kind != 'rss' || (has(self.feeds) && !has(self.rules) && !has(self.api))",
      message: 'a source of kind rss has feeds, and neither rules nor api',
    },
    {
      rule: "self.kind != 'twitter' || (has(self.rules) && !has(self.feeds) && !has(self.allowPrivateAddresses))",
      message: 'a source of kind twitter has rules, and neither feeds nor allowPrivateAddresses',
    },
  ],
};

const STATUS: Schema = {
  type: 'object',
  description: 'What became of the source; written by the operator alone.',
  properties: {
    observedGeneration: count('The generation of the spec that the status is about.', 0, { format: 'int64' }),
    conditions: conditions(
      'Accepted and Ready.',
      NEWS_SOURCE_CONDITIONS,
      'Accepted: all of the spec is right and in effect. Ready: the source is collected, and its workers are there.',
    ),
    feeds: {
      type: 'object',
      description: 'How many feeds there are, and how many of them were last polled with which result.',
      required: ['total', 'ok', 'failing', 'gone'],
      properties: {
        total: count('Feeds that are polled, or 1 for what is followed on X.', 0),
        ok: count('Feeds whose last poll went well.', 0),
        failing: count('Feeds whose last poll failed; they are polled again.', 0),
        gone: count('Feeds whose server says that they are gone for good; they are polled no more.', 0),
      },
    },
    errors: {
      type: 'array',
      description: `The latest ${MAX_LISTED_ERRORS} feeds whose last poll failed, the latest first.`,
      maxItems: MAX_LISTED_ERRORS,
      items: {
        type: 'object',
        description: 'Why the last poll of a feed failed.',
        required: ['feed', 'reason', 'at'],
        properties: {
          feed: { type: 'string', description: 'Name of the feed.', maxLength: 48 },
          reason: { type: 'string', description: 'What went wrong.', maxLength: 1_024 },
          at: time('When it was polled.'),
        },
      },
      'x-kubernetes-list-type': 'atomic',
    },
    lastPoll: time('When any of the feeds was last polled.'),
  },
};

/** The schema of a whole NewsSource; the API server knows metadata by itself. */
const NEWS_SOURCE_SCHEMA: Schema = {
  type: 'object',
  description: 'A source of news, collected as if it stood in the definition, from the moment that it is applied.',
  required: ['spec'],
  properties: { spec: SPEC, status: STATUS },
  'x-kubernetes-validations': [
    {
      rule: `size(self.metadata.name) <= 48 && self.metadata.name.matches('${PATTERN}')`,
      message: `metadata.name is the name of the source: ${NAME_FORM}`,
    },
  ],
};

const ready = (field: 'status' | 'reason'): string => `.status.conditions[?(@.type=="Ready")].${field}`;

/** The CustomResourceDefinition, as it is applied. */
export const NEWS_SOURCE_CRD = customResourceDefinition({
  names: NEWS_SOURCE,
  // ns are namespaces.
  shortName: 'nsrc',
  schema: NEWS_SOURCE_SCHEMA,
  columns: [
    column('Kind', 'string', '.spec.kind', 'rss or twitter'),
    column('Feeds', 'integer', '.status.feeds.total', 'Feeds that are polled'),
    column('Failing', 'integer', '.status.feeds.failing', 'Feeds whose last poll failed'),
    column('Last poll', 'date', '.status.lastPoll', 'How long ago any of them was polled'),
    column('Ready', 'string', ready('status'), 'Whether the source is collected'),
    column('Reason', 'string', ready('reason'), 'Why, or why not'),
    column('Age', 'date', '.metadata.creationTimestamp', 'Since when the source exists'),
  ],
});

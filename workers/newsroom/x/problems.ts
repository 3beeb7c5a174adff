// What the API answers when it does not do as asked: its problem bodies.

const TYPE = 'https://api.twitter.com/2/problems';

/** A refused request. */
export interface Problem {
  readonly status: number;
  readonly body: object;
}

const TITLES: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  409: 'Conflict',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
  504: 'Gateway Timeout',
};

/** A problem that its status says everything about. */
export function plainProblem(status: number): Problem {
  if (status === 403) return FORBIDDEN;
  const title = TITLES[status] ?? `Status ${status}`;
  return { status, body: { title, detail: title, type: 'about:blank', status } };
}

const FORBIDDEN: Problem = {
  status: 403,
  body: {
    title: 'Client Forbidden',
    detail:
      'When authenticating requests to the Twitter API v2 endpoints, you must use keys and tokens from a Twitter developer App that is attached to a Project.',
    type: `${TYPE}/client-forbidden`,
    reason: 'client-not-enrolled',
    required_enrollment: 'Appropriate Level of API Access',
    registration_url: 'https://developer.twitter.com/en/docs/projects/overview',
  },
};

/** Any authentication but the app's own. */
export const UNSUPPORTED_AUTHENTICATION: Problem = {
  status: 403,
  body: {
    title: 'Unsupported Authentication',
    detail:
      'Authenticating with OAuth 1.0a User Context is forbidden for this endpoint.  Supported authentication types are [OAuth 2.0 Application-Only].',
    type: `${TYPE}/unsupported-authentication`,
    status: 403,
  },
};

const connectionProblem = (status: number, issue: string, detail: string): Problem => ({
  status,
  body: { title: 'ConnectionException', detail, connection_issue: issue, type: `${TYPE}/streaming-connection` },
});

/** A second connection. */
export const TOO_MANY_CONNECTIONS = connectionProblem(
  429,
  'TooManyConnections',
  'This stream is currently at the maximum allowed connection limit.',
);

/** A connection before there is any rule. */
export const NO_RULES = connectionProblem(
  409,
  'RuleConfigurationIssue',
  'You must define rules using the POST /2/tweets/search/stream/rules endpoint before connecting to filtered stream.',
);

/** One thing that is wrong with a request. */
export interface InvalidParameter {
  readonly name: string;
  readonly value: string;
  readonly message: string;
}

/** A request with parameters that are not as they should be. */
export const invalidRequest = (invalid: readonly InvalidParameter[]): Problem => ({
  status: 400,
  body: {
    errors: invalid.map(({ name, value, message }) => ({ parameters: { [name]: [value] }, message })),
    title: 'Invalid Request',
    detail: 'One or more parameters to your request was invalid.',
    type: `${TYPE}/invalid-request`,
  },
});

/** An error of one rule among several. */
export const RULE_PROBLEM_TYPES = {
  invalid: `${TYPE}/invalid-rules`,
  duplicate: `${TYPE}/duplicate-rules`,
  cap: `${TYPE}/rule-cap`,
  request: `${TYPE}/invalid-request`,
} as const;

/** Why a stream is closed, as its last object says. */
export const DISCONNECTS = {
  upstream: {
    title: 'operational-disconnect',
    disconnect_type: 'UpstreamOperationalDisconnect',
    detail: 'This stream has been disconnected upstream for operational reasons.',
    type: `${TYPE}/operational-disconnect`,
  },
  operational: {
    title: 'operational-disconnect',
    disconnect_type: 'OperationalDisconnect',
    detail: 'This stream has been disconnected for operational reasons.',
    type: `${TYPE}/operational-disconnect`,
  },
  slow: {
    title: 'operational-disconnect',
    disconnect_type: 'SlowReader',
    detail: 'This stream has been disconnected because the client reads too slowly.',
    type: `${TYPE}/operational-disconnect`,
  },
  forced: {
    title: 'ConnectionException',
    detail: 'This stream has been disconnected because another connection took its place.',
    connection_issue: 'TooManyConnections',
    type: `${TYPE}/streaming-connection`,
  },
} as const;
export type DisconnectName = keyof typeof DISCONNECTS;

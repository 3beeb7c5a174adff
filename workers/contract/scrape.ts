// What everything is known by that is scraped, whoever configures the scrape: in a cluster, here, or in a test.

/** The label `job` of every metric that workers and operator tell. */
export const SCRAPE_JOB = 'newsjet';

/** What is said of a target: the worker as the topology names it, what that does, and which of its replicas it is. */
export type TargetLabel = 'worker' | 'role' | 'instance';

/** What Prometheus puts on every series. */
export type ScrapeLabel = 'job' | TargetLabel;

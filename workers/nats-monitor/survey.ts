// One look at all servers of the cluster.
import type { NatsConnection } from 'nats';
import { SERVER_REPORTS } from '../contract/subjects.ts';
import { askServers, type ServerReport } from '../runtime/server-reports.ts';
import type { JetStreamReport, ServerVariables } from './reports.ts';

/** What the servers said; one that is missing did not answer in time. */
export interface Survey {
  readonly servers: readonly ServerReport<ServerVariables>[];
  readonly jetstream: readonly ServerReport<JetStreamReport>[];
}

/** How a survey is made. */
export interface SurveyOptions {
  /** Servers that are expected. */
  readonly servers: number;
  /** The account whose streams are told of, as the servers name it. */
  readonly account: string;
  readonly timeoutMs: number;
}

/**
 * Asks all servers.
 * @throws {ServerReportError} when none answers
 */
export async function surveyServers(connection: NatsConnection, options: SurveyOptions): Promise<Survey> {
  const [variables, jetstreamReports] = SERVER_REPORTS;
  const { account } = options;
  // Every replica is asked, not the leaders of streams alone: another server may lead the stream's consumers, and a stream
  // without a leader would go unnoticed.
  const wanted = { account, streams: true, consumer: true, config: true };
  const [servers, jetstream] = await Promise.all([
    askServers<ServerVariables>(connection, variables, {}, options),
    askServers<JetStreamReport>(connection, jetstreamReports, wanted, options),
  ]);
  return { servers, jetstream };
}

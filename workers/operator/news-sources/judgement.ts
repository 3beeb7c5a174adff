// Whether a NewsSource is accepted and ready, and why. Pure.
import { consumerName, exporterName } from '../../contract/roles.ts';
import { SOURCES_STREAM, sourceSubject } from '../../contract/subjects.ts';
import type { Deployment } from '../scalers/resources.ts';
import { countDocuments, type Step } from './retirement.ts';
import type { SourceView } from './source-view.ts';
import { acceptanceFinding, type Finding, listProblems } from './status.ts';

/** Why none of a source is in effect. */
export interface Refused {
  readonly reason: string;
  readonly message: string;
}

/** What came of a source in a pass. */
export interface Outcome {
  readonly view: SourceView;
  readonly refusal?: Refused | undefined;
  /** What it waits for, such as servers that do not know its permissions yet. */
  readonly waitsFor?: string | undefined;
  /** Why the pass ended before all was done that all sources need. */
  readonly interruption?: string | undefined;
  /** Why it failed for this source alone. */
  readonly failure?: string | undefined;
  /** Where it is retired. */
  readonly step?: Step | undefined;
}

/** Of a source whose spec can't be read at all, or of which nothing is left that is right, before anything was made for it. */
export function unreadable({ reading: { source, problems }, held }: SourceView): Refused | undefined {
  const items = source?.kind === 'rss' ? source.feeds.length : source?.rules.length;
  if (source && (held || items !== 0)) return undefined;
  return { reason: 'Invalid', message: listProblems(problems) };
}

/** Judges a source. @param deployment of a worker, as it was last heard of */
export function judge(
  { view, refusal, waitsFor, interruption, failure, step }: Outcome,
  deployment: (name: string) => Deployment | undefined,
): { readonly Accepted: Finding; readonly Ready: Finding } {
  const Accepted = acceptanceFinding({ problems: view.reading.problems, ...(refusal && { refusal }) });
  const unready = (reason: string, message: string) => ({
    Accepted,
    Ready: { status: 'False' as const, reason, message },
  });
  if (failure !== undefined) return unready('Failed', failure);
  if (view.retiring) return unready('Draining', step ? describeStep(step, view.name) : 'it is about to be retired');
  if (refusal) return unready('NotAccepted', refusal.message);
  const starting = [consumerName(view.name), exporterName(view.name)].filter((name) => !isServing(deployment(name)));
  if (starting.length > 0) {
    const failed = interruption === undefined ? undefined : `what failed: ${interruption}`;
    return unready('Progressing', `waiting for ${failed ?? waitsFor ?? `${starting.join(' and ')} to start`}`);
  }
  // They work as before; what failed may have nothing to do with this source.
  const doubt = interruption === undefined ? '' : `, but changes may not be in effect yet: ${interruption}`;
  return { Accepted, Ready: { status: 'True', reason: 'Collecting', message: `its workers are there${doubt}` } };
}

/** With no replicas it sleeps until there is something to do. */
const isServing = (deployment: Deployment | undefined): boolean =>
  deployment !== undefined && (deployment.spec.replicas === 0 || (deployment.status?.readyReplicas ?? 0) > 0);

const STEP_TEXTS: Readonly<Record<Step['name'], string>> = {
  unschedule: 'its feeds are taken off the schedule',
  'stop-exporter': 'its exporter is stopped',
  drain: 'what was fetched is worked off',
  'stop-consumer': 'its consumer is stopped',
  forget: 'its consumers in JetStream are deleted',
  revoke: 'its permissions are withdrawn',
  remove: 'its Secrets and scalers are deleted',
  release: 'nothing is left of it',
};

function describeStep({ name, waitsFor, left = 0 }: Step, source: string): string {
  const waiting = waitsFor === undefined ? '' : `: waiting for ${waitsFor}`;
  return `${STEP_TEXTS[name]}${waiting}${left > 0 ? `; ${describeLeft(left, source)}` : ''}`;
}

/** What is said of a source when it is let go. */
export const describeEnd = ({ left = 0 }: Step, source: string): string =>
  left > 0 ? `all else is gone, but ${describeLeft(left, source)}` : 'nothing is left of it';

const describeLeft = (left: number, source: string): string =>
  `${countDocuments(left)} without deliveries left ${left === 1 ? 'stays' : 'stay'} in ${SOURCES_STREAM}: ` +
  `\`nats stream purge ${SOURCES_STREAM} --subject ${sourceSubject(source)}\` removes ${left === 1 ? 'it' : 'them'}`;

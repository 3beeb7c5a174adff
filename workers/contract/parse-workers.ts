// Reads the part `workers` of a definition: how each may scale, checked to be consistent.
import type { Node } from 'yaml';
import type { ReplicaRange, SourceDefinition, WorkerSettings } from './definition.ts';
import { type Problems, show } from './problems.ts';
import { isScaled, type PlannedWorker, plannedWorkers, type Role, workerShape } from './roles.ts';
import { HELD_BATCHES } from './worker-scaler.ts';
import type { Fields, YamlReader } from './yaml-reader.ts';

const SECOND_MS = 1_000;
const HOUR_MS = 3_600_000;
const KEYS = ['replicas', 'batch', 'ackWait', 'maxAckPending', 'drainSeconds', 'lagPerReplica'];
/** How many workers a message names. */
const NAMED_WORKERS = 20;

/** Reads the settings of the workers that the sources bring about. */
export function parseWorkers(
  node: Node | null | undefined,
  sources: readonly SourceDefinition[],
  problems: Problems,
  yaml: YamlReader,
): Record<string, WorkerSettings> {
  if (!node) return {};
  const planned = plannedWorkers(sources);
  const roles = new Map(planned.map(({ name, role }) => [name, role]));
  const settings: Record<string, WorkerSettings> = {};
  for (const { name, key, value } of yaml.entries(node, 'workers') ?? []) {
    const path = `workers.${name}`;
    const role = roles.get(name);
    if (!role) {
      problems.addValue(key, path, list(planned), show(name));
      continue;
    }
    const fields = yaml.fields(value, path, KEYS, key);
    const read = readSettings(fields, path, problems, yaml);
    settings[name] = read;
    // A consumer that may not hold a batch for each replica would leave replicas idle.
    const { batch, replicas, maxAckPending } = workerShape(role, read);
    if (maxAckPending < batch * replicas.max) {
      const needed = `batch ${batch} x replicas.max ${replicas.max} = ${batch * replicas.max}`;
      const why = `${maxAckPending} can't feed every replica; allowed: at least ${needed}`;
      problems.add(fields.get('maxAckPending'), `${path}.maxAckPending`, why);
    }
    checkGoal(fields, path, role, batch, read, problems);
  }
  return settings;
}

/** Checks what a worker is scaled for. */
function checkGoal(
  fields: Fields,
  path: string,
  role: Role,
  batch: number,
  { lagPerReplica }: WorkerSettings,
  problems: Problems,
): void {
  const [drain, lag] = [fields.get('drainSeconds'), fields.get('lagPerReplica')];
  if (!isScaled(role)) {
    for (const [key, node] of [['drainSeconds', drain] as const, ['lagPerReplica', lag] as const])
      if (node) problems.add(node, `${path}.${key}`, `a ${role} is not scaled; remove it`);
    return;
  }
  if (drain && lag) problems.add(lag, `${path}.lagPerReplica`, 'drainSeconds is set already; give one of the two');
  if (lag && lagPerReplica !== undefined && lagPerReplica < HELD_BATCHES * batch) {
    const least = `at least ${HELD_BATCHES} x batch ${batch} = ${HELD_BATCHES * batch}`;
    const why = `${lagPerReplica} is less than what a replica holds, so that others would get nothing; allowed: ${least}`;
    problems.add(lag, `${path}.lagPerReplica`, why);
  }
}

function readSettings(fields: Fields, path: string, problems: Problems, yaml: YamlReader): WorkerSettings {
  const [replicas, batch, ackWait, pending, drain, lag] = KEYS.map((key) => fields.get(key));
  return defined({
    replicas: replicas ? readReplicas(replicas, `${path}.replicas`, problems, yaml) : undefined,
    batch: batch ? yaml.integer(batch, `${path}.batch`, 1, 10_000) : undefined,
    ackWaitMs: ackWait ? yaml.duration(ackWait, `${path}.ackWait`, SECOND_MS, HOUR_MS) : undefined,
    maxAckPending: pending ? yaml.integer(pending, `${path}.maxAckPending`, 1, 1_000_000) : undefined,
    drainSeconds: drain ? yaml.integer(drain, `${path}.drainSeconds`, 1, 86_400) : undefined,
    lagPerReplica: lag ? yaml.integer(lag, `${path}.lagPerReplica`, 1, 1_000_000) : undefined,
  });
}

function readReplicas(node: Node, path: string, problems: Problems, yaml: YamlReader): Partial<ReplicaRange> {
  const fields = yaml.fields(node, path, ['min', 'max']);
  const [minNode, maxNode] = [fields.get('min'), fields.get('max')];
  const min = minNode ? yaml.integer(minNode, `${path}.min`, 0, 1_000) : undefined;
  const max = maxNode ? yaml.integer(maxNode, `${path}.max`, 1, 1_000) : undefined;
  if (minNode && min !== undefined && max !== undefined && min > max) {
    problems.add(minNode, `${path}.min`, `${min} is greater than max, which is ${max}; allowed: 0 to ${max}`);
  }
  return defined({ min, max });
}

/** Leaves out what is undefined. */
const defined = <T extends object>(values: T): { [K in keyof T]?: Exclude<T[K], undefined> } =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as never;

/** Names workers, those that every definition has first, so that they are always among them. */
function list(planned: readonly PlannedWorker<SourceDefinition>[]): string {
  const names = [...planned.filter(({ source }) => !source), ...planned.filter(({ source }) => source)].map(
    (w) => w.name,
  );
  const more = names.length - NAMED_WORKERS;
  return more > 0 ? `${names.slice(0, NAMED_WORKERS).join(', ')} and ${more} more` : names.join(', ');
}

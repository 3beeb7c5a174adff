// Which objects NewsSources call for, beyond those of charts/ and in their place: the difference of two syntheses. Pure.
import { createHash } from 'node:crypto';
import { type Manifest, NATS_CONFIG } from '../../../cdk8s/synthesis.ts';
import { consumerName, exporterName } from '../../contract/roles.ts';
import type { PlannedCertificate } from '../../contract/secret-plan.ts';
import type { KubernetesObject, OwnerReference } from '../kubernetes/object.ts';
import type { Resource } from '../kubernetes/resource.ts';
import type { Composition } from './composition.ts';
import { SOURCE_LABEL, SOURCES_ANNOTATION, WRITTEN_KINDS } from './resources.ts';

/** In the order in which objects are written. */
export const STAGES = ['certificates', 'networks', 'permissions', 'consumers', 'exporters'] as const;
export type Stage = (typeof STAGES)[number];

/** An object that is to be so. */
export interface PlannedObject {
  readonly stage: Stage;
  readonly resource: Resource;
  /** All of an object of a NewsSource; of one of charts/ only the fields that NewsSources change. */
  readonly object: KubernetesObject;
  /** The NewsSource that it is there for; of others, all together change it. */
  readonly source?: string;
  /** It is as charts/ has it: to be written only where the operator wrote something else before. */
  readonly restores?: boolean;
}

/** What a source is to have of its own. */
export interface SourcePlace {
  /** Undefined while it is retired: it would be followed by what it owns before that is worked off. */
  readonly owner: OwnerReference | undefined;
  /** Whether its workers are to be there: while it is retired, first the exporter goes, then the consumer. */
  readonly exporter: boolean;
  readonly consumer: boolean;
}

/**
 * What NewsSources change of charts/: these never become another kind of thing by a source. news-monitor is told of the definition's
 * sources alone, and finds the others by their feeds: it is not started anew for them.
 */
const VARIABLE = new Set(['ConfigMap', 'NetworkPolicy']);

/** Plans all objects. @param places by the names of the sources */
export function planObjects(
  { base, composed, sources }: Composition,
  places: ReadonlyMap<string, SourcePlace>,
): PlannedObject[] {
  const before = new Map(base.manifests.map((manifest) => [keyOf(manifest), manifest]));
  const names = sources.map(({ name }) => name).sort();
  const tag = configurationTag({ base, composed });
  const owners = new Map(
    names.flatMap((name) => [exporterName(name), consumerName(name)].map((w) => [w, name] as const)),
  );
  return composed.manifests
    .flatMap((manifest): PlannedObject[] => {
      const resource = WRITTEN_KINDS[manifest.kind];
      if (!resource) return [];
      const earlier = before.get(keyOf(manifest));
      if (earlier) {
        const planned = variablePart(earlier, manifest, { names, tag });
        return planned ? [{ ...planned, resource }] : [];
      }
      const { name } = manifest.metadata;
      const source = owners.get(name.replace(/-tls$/, ''));
      if (source === undefined) return [{ stage: stageOf(manifest), resource, object: labelled(manifest, '') }];
      const place = places.get(source);
      if (place?.exporter === false && name === exporterName(source)) return [];
      if (place?.consumer === false && name === consumerName(source)) return [];
      const object = labelled(manifest, source, place?.owner);
      return [{ stage: stageOf(manifest), resource, object, source }];
    })
    .sort((a, b) => STAGES.indexOf(a.stage) - STAGES.indexOf(b.stage));
}

/** The certificates of the composition that charts/ does not ask for, with their sources. */
export function planCertificates({
  base,
  composed,
  sources,
}: Composition): (PlannedCertificate & { source: string })[] {
  const there = new Set(base.secrets.certificates.map(({ secret }) => secret));
  const owners = new Map(
    sources.flatMap(({ name }) => [exporterName(name), consumerName(name)].map((worker) => [worker, name] as const)),
  );
  return composed.secrets.certificates.flatMap((planned) => {
    const source = owners.get(planned.commonName);
    return source === undefined || there.has(planned.secret) ? [] : [{ ...planned, source }];
  });
}

/** Names the content of the servers' configuration; undefined as long as it is what charts/ has. */
export function configurationTag({ base, composed }: Pick<Composition, 'base' | 'composed'>): string | undefined {
  const [own, all] = [base, composed].map(({ manifests }) => JSON.stringify(natsConfig(manifests)?.data));
  if (own === all || all === undefined) return undefined;
  return `newsjet-${createHash('sha256').update(all).digest('hex').slice(0, 16)}`;
}

/** What of an object of charts/ depends on the sources, as composed; as charts/ has it where that is the same. */
function variablePart(
  before: Manifest,
  after: Manifest,
  { names, tag }: { readonly names: readonly string[]; readonly tag: string | undefined },
): Omit<PlannedObject, 'resource'> | undefined {
  if (!VARIABLE.has(after.kind)) return undefined;
  const same = JSON.stringify(before) === JSON.stringify(after);
  const part = partOf(before, after, tag);
  if (!part) return undefined;
  const { name, namespace } = after.metadata;
  const annotations = same ? {} : { annotations: { [SOURCES_ANNOTATION]: names.join(',') } };
  const metadata = { name, ...(namespace !== undefined && { namespace }), ...annotations };
  return { stage: stageOf(after), object: { ...part, metadata }, ...(same && { restores: true }) };
}

type Fields = Readonly<Record<string, unknown>>;

function partOf(before: Manifest, after: Manifest, tag: string | undefined): Fields | undefined {
  if (after.kind === 'NetworkPolicy') return { spec: after.spec };
  if (after.metadata.name !== NATS_CONFIG) return undefined;
  return { data: tag === undefined ? after.data : configurations(before.data as Data, after.data as Data, tag) };
}

function stageOf({ kind, metadata: { name } }: Manifest): Stage {
  if (kind === 'Certificate') return 'certificates';
  if (kind === 'NetworkPolicy') return 'networks';
  if (kind === 'ConfigMap') return 'permissions';
  if (name.endsWith('-consumer')) return 'consumers';
  return 'exporters';
}

function labelled(manifest: Manifest, source: string, owner?: OwnerReference): KubernetesObject {
  const { metadata } = manifest;
  const labels = { ...metadata.labels, [SOURCE_LABEL]: source };
  return { ...manifest, metadata: { ...metadata, labels, ...(owner && { ownerReferences: [owner] }) } };
}

type Data = Readonly<Record<string, string>>;

/** Where the accounts begin, and to the end of which nothing else comes. */
const ACCOUNTS = /^system_account:/m;

/**
 * Of the configuration the accounts change alone: anything else a server may refuse to read anew. A tag stands in it, so that
 * a server says which one it runs.
 */
function configurations(before: Data, after: Data, tag: string): Data {
  const rendered = Object.entries(after).map(([file, text]) => {
    const [head, accounts] = [before[file]?.search(ACCOUNTS) ?? -1, text.search(ACCOUNTS)];
    if (head < 0 || accounts < 0) throw new Error(`the configuration ${file} has no accounts`);
    return [file, `${before[file]?.slice(0, head)}${text.slice(accounts)}server_tags: [${JSON.stringify(tag)}]\n`];
  });
  return Object.fromEntries(rendered);
}

const natsConfig = (manifests: readonly Manifest[]): Manifest | undefined =>
  manifests.find(({ kind, metadata }) => kind === 'ConfigMap' && metadata.name === NATS_CONFIG);

const keyOf = ({ kind, metadata }: Manifest): string => `${kind} ${metadata.name}`;

// From the text of a definition to the text of every manifest file. Pure: equal definitions and settings give equal files.
import { App, type Chart, Yaml } from 'cdk8s';
import type { SourceDefinition } from '../workers/contract/definition.ts';
import { NEWS_SOURCE_CRD } from '../workers/contract/news-source-crd.ts';
import { OBSERVER } from '../workers/contract/observer.ts';
import { parseDefinition } from '../workers/contract/parse-definition.ts';
import type { SecretPlan } from '../workers/contract/secret-plan.ts';
import { computeTopology, type Topology } from '../workers/contract/topology.ts';
import { WORKER_SCALER_CRD } from '../workers/contract/worker-scaler-crd.ts';
import { BootstrapChart } from './charts/bootstrap.ts';
import { CertManagerChart } from './charts/cert-manager.ts';
import { CertsChart, needsCerts } from './charts/certs.ts';
import { CustomResourceDefinitionChart } from './charts/custom-resource-definition.ts';
import { KedaChart } from './charts/keda.ts';
import { MongodbChart } from './charts/mongodb.ts';
import { NamespaceChart } from './charts/namespace.ts';
import { NatsChart } from './charts/nats.ts';
import { NetworkPoliciesChart } from './charts/network-policies.ts';
import { NewsroomChart } from './charts/newsroom.ts';
import { OperatorChart } from './charts/operator.ts';
import { ReplayChart } from './charts/replay.ts';
import { WorkersChart } from './charts/workers.ts';
import { usesNewsroom } from './destinations.ts';
import { monitoringCharts } from './monitoring.ts';
import { deployedIdentities, secretPlan } from './secret-plan.ts';
import type { Settings } from './settings.ts';
import { VERSIONS, type Versions } from './versions.ts';

/** An object of Kubernetes, as JSON. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly labels?: Record<string, string> };
  readonly [field: string]: unknown;
}

/** A file of manifests; files are applied in the order of their names. */
export interface ManifestFile {
  readonly name: string;
  readonly manifests: readonly Manifest[];
}

/** What manifests are made from. */
export interface SynthesisOptions {
  readonly definition: { readonly text: string; readonly file: string };
  readonly settings: Settings;
  /** @default those of versions.json */
  readonly versions?: Versions;
  /** Beside those of the definition: the operator's, of NewsSources. @default none */
  readonly sources?: readonly SourceDefinition[];
}

/** The ConfigMap of the servers' configuration, permissions included. */
export { NATS_CONFIG } from './names.ts';

/** An object that no cluster can store. */
export class ManifestTooLargeError extends Error {
  override readonly name = 'ManifestTooLargeError';
}

/** First line of every file: what begins with it is ours to replace and to remove. */
export const HEADER = '# Synthesized: changes made here are lost.';
/** What etcd takes, with some room for what the API server adds. */
const MAX_BYTES = 1_000_000;
/** `kubectl apply` keeps what it applied in an annotation, which may hold no more. */
const MAX_CLIENT_SIDE_BYTES = 256 * 1024;

/** What follows from a definition for whoever acts on it. */
export interface Declaration {
  readonly topology: Topology;
  readonly secrets: Required<SecretPlan>;
}

/**
 * Computes what the manifests are made from.
 * @throws {DefinitionError}
 */
export function declarationOf(options: SynthesisOptions): Declaration {
  const { settings, versions = VERSIONS } = options;
  const topology = topologyOf(options);
  return { topology, secrets: secretPlan({ topology, settings, versions }) };
}

function topologyOf({ definition, settings, sources = [] }: SynthesisOptions): Topology {
  const parsed = parseDefinition(definition.text, definition.file);
  const declared = computeTopology({ ...parsed, sources: [...parsed.sources, ...sources] });
  const identities = deployedIdentities(declared, settings);
  return { ...declared, identities: settings.observer ? [...identities, OBSERVER] : identities };
}

/**
 * Computes the manifests.
 * @throws {DefinitionError} {ManifestTooLargeError}
 */
export function synthesize(options: SynthesisOptions): ManifestFile[] {
  const { definition, settings, versions = VERSIONS } = options;
  const topology = topologyOf(options);
  const props = { topology, settings, versions };
  const app = new App();
  const charts: Chart[] = [
    new NamespaceChart(app, '00-namespace', props),
    new NetworkPoliciesChart(app, '10-network-policies', props),
    ...(needsCerts(props) ? [new CertsChart(app, '20-certs', props)] : []),
    ...(settings.certificates === 'cert-manager' ? [new CertManagerChart(app, '25-cert-manager', props)] : []),
    new NatsChart(app, '30-nats', props),
    ...(settings.mongodbUriSecret === undefined ? [new MongodbChart(app, '40-mongodb', props)] : []),
    new BootstrapChart(app, '50-bootstrap', { ...props, definition: definition.text }),
    ...(usesNewsroom(topology) ? [new NewsroomChart(app, '60-newsroom', props)] : []),
    new WorkersChart(app, '70-workers', props),
    new ReplayChart(app, '75-replay', props),
    ...monitoringCharts(app, props),
    ...(settings.scaling === 'operator'
      ? [new OperatorChart(app, '90-operator', { ...props, definition: definition.text })]
      : []),
    ...(settings.scaling === 'keda' ? [new KedaChart(app, '90-keda', props)] : []),
  ];
  return charts.map(fileOf);
}

/**
 * Computes the kinds of objects that a cluster has to know before the manifests are applied. They belong to no namespace, and
 * removing one removes every object of its kind: that is why they are apart.
 */
export function synthesizeDefinitions({ scaling }: Pick<Settings, 'scaling'>): ManifestFile[] {
  if (scaling !== 'operator') return [];
  const app = new App();
  return [WORKER_SCALER_CRD, NEWS_SOURCE_CRD].map((definition) =>
    fileOf(new CustomResourceDefinitionChart(app, definition.spec.names.plural, definition)),
  );
}

const fileOf = (chart: Chart): ManifestFile => ({
  name: `${chart.node.id}.yaml`,
  manifests: chart.toJson().map(checkSize),
});

export const renderFile = ({ manifests }: ManifestFile): string => `${HEADER}\n${Yaml.stringify(...manifests)}`;

/** Names the objects that are too large for `kubectl apply` without `--server-side`. */
export const needingServerSide = (files: readonly ManifestFile[]): string[] =>
  files
    .flatMap(({ manifests }) => manifests)
    .filter((manifest) => bytesOf(manifest) > MAX_CLIENT_SIDE_BYTES)
    .map(({ kind, metadata }) => `${kind} ${metadata.name}`);

const bytesOf = (manifest: Manifest): number => Buffer.byteLength(JSON.stringify(manifest));

function checkSize(manifest: Manifest): Manifest {
  const bytes = bytesOf(manifest);
  if (bytes <= MAX_BYTES) return manifest;
  const { kind, metadata } = manifest;
  throw new ManifestTooLargeError(
    `${kind} ${metadata.name} has ${bytes} bytes, and a cluster stores at most ${MAX_BYTES}: ` +
      'declare fewer sources with more feeds each, or divide the definition over namespaces',
  );
}

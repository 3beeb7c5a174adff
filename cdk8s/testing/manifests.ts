// Manifests for tests: of small definitions and of those that are committed, with what tests look for in them.
import { readFileSync } from 'node:fs';
import { parseDefinition } from '../../workers/contract/parse-definition.ts';
import { computeTopology } from '../../workers/contract/topology.ts';
import type { ComponentProps } from '../component.ts';
import { DEFAULT_SETTINGS, type Settings } from '../settings.ts';
import { type Manifest, synthesize } from '../synthesis.ts';
import { VERSIONS } from '../versions.ts';

const ROOT = new URL('../../', import.meta.url);

export const ONE_SOURCE = 'sources: { a: { kind: rss, feeds: [https://a.example/rss] } }';

/** A source of each kind and place: the internet, a private network, the newsroom. */
export const EVERY_SOURCE = `
sources:
  web: { kind: rss, feeds: [https://a.example/rss] }
  home: { kind: rss, allowPrivateAddresses: true, feeds: ['http://10.1.2.3/rss'] }
  paper: { kind: rss, allowPrivateAddresses: true, feeds: ['newsroom:/world.rss'] }
  x: { kind: twitter, rules: [{ value: cats, tag: cats }] }
  simulated: { kind: twitter, api: 'newsroom:/', rules: [{ value: cats, tag: cats }] }
`;

export const committedDefinition = (name: string): string => readFileSync(new URL(name, ROOT), 'utf8');

/** What a component is made from, for a definition. */
export const propsOf = (definition: string, settings: Partial<Settings> = {}): ComponentProps => ({
  topology: computeTopology(parseDefinition(definition)),
  versions: VERSIONS,
  settings: { ...DEFAULT_SETTINGS, ...settings },
});

/** Every manifest of a definition. */
export const manifestsOf = (definition: string, settings: Partial<Settings> = {}): Manifest[] =>
  synthesize({
    definition: { text: definition, file: 'newsjet.yaml' },
    settings: { ...DEFAULT_SETTINGS, ...settings },
  }).flatMap(({ manifests }) => manifests);

// biome-ignore lint/suspicious/noExplicitAny: tests look into objects of every kind, whose form the API server checks
export type Loose = any;

/** The one manifest of a kind and name. @throws {Error} when there is none, or more than one */
export function find(manifests: readonly Loose[], kind: string, name: string): Loose {
  const found = manifests.filter((manifest) => manifest.kind === kind && manifest.metadata.name === name);
  if (found.length !== 1) throw new Error(`there are ${found.length} manifests ${kind} ${name}, not one`);
  return found[0];
}

/** The Job whose name begins with this and ends with a hash. */
export function findJob(manifests: readonly Loose[], name: string): Loose {
  const form = new RegExp(`^${name}-[0-9a-f]{10}$`);
  return find(
    manifests,
    'Job',
    manifests.find(({ kind, metadata }) => kind === 'Job' && form.test(metadata.name))?.metadata.name,
  );
}

/** A workload, and the template of its pods. */
export interface Workload {
  readonly manifest: Manifest;
  readonly template: Loose;
}

/** Everything that makes pods. */
export const workloadsOf = (manifests: readonly Manifest[]): Workload[] =>
  manifests.flatMap((manifest) => {
    const { spec } = manifest as Loose;
    const template = spec?.jobTemplate?.spec.template ?? spec?.template;
    return template ? [{ manifest, template }] : [];
  });

/** Variables of a pod's environment by name; those that are fields of the pod as `field:<path>`. */
export const environmentOf = (template: Loose): Record<string, string> =>
  Object.fromEntries(
    template.spec.containers.flatMap(({ env = [] }: Loose) =>
      env.map(({ name, value, valueFrom }: Loose) => [name, value ?? `field:${valueFrom.fieldRef.fieldPath}`]),
    ),
  );

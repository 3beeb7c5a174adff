import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { NEWS_SOURCE_CRD } from '../workers/contract/news-source-crd.ts';
import { parseDefinition } from '../workers/contract/parse-definition.ts';
import { DefinitionError } from '../workers/contract/problems.ts';
import { computeTopology } from '../workers/contract/topology.ts';
import { WORKER_SCALER_CRD } from '../workers/contract/worker-scaler-crd.ts';
import { DEFAULT_SETTINGS, type Settings } from './settings.ts';
import {
  declarationOf,
  HEADER,
  ManifestTooLargeError,
  needingServerSide,
  renderFile,
  synthesize,
  synthesizeDefinitions,
} from './synthesis.ts';
import { committedDefinition, EVERY_SOURCE, ONE_SOURCE } from './testing/manifests.ts';

const synth = (text: string, settings: Partial<Settings> = {}) =>
  synthesize({ definition: { text, file: 'newsjet.yaml' }, settings: { ...DEFAULT_SETTINGS, ...settings } });
const namesOf = (files: readonly { readonly name: string }[]): string[] => files.map(({ name }) => name);
const sources = (count: number): string =>
  `sources:\n${Array.from({ length: count }, (_, i) => `  s${i}: { kind: rss, feeds: [https://a.example/${i}] }\n`).join('')}`;

describe('synthesize', () => {
  it('gives files in the order in which they are applied', () => {
    const names = namesOf(synth(ONE_SOURCE));
    expect(names).toEqual([
      '00-namespace.yaml',
      '10-network-policies.yaml',
      '20-certs.yaml',
      '30-nats.yaml',
      '40-mongodb.yaml',
      '50-bootstrap.yaml',
      '70-workers.yaml',
      '75-replay.yaml',
      '80-prometheus.yaml',
      '85-grafana.yaml',
      '90-operator.yaml',
    ]);
    expect([...names].sort()).toEqual(names);
  });

  it('adds the newsroom where the definition names it, and what settings ask for', () => {
    expect(namesOf(synth(EVERY_SOURCE))).toContain('60-newsroom.yaml');
    const own = namesOf(synth(ONE_SOURCE, { mongodbUriSecret: 'atlas', certificates: 'cert-manager' }));
    expect(own).toContain('25-cert-manager.yaml');
    expect(own).not.toContain('40-mongodb.yaml');
  });

  it('needs no Job for Secrets where somebody else has all of them', () => {
    const settings = { mongodbUriSecret: 'atlas', certificates: 'cert-manager' } as const;
    const has = (monitoring: Settings['monitoring']): boolean =>
      namesOf(synth(ONE_SOURCE, { ...settings, monitoring })).includes('20-certs.yaml');
    expect([has('own'), has('prometheus-operator'), has('none')]).toEqual([true, false, false]);
  });

  it('brings Prometheus and Grafana, what their operator takes, or neither', () => {
    const monitors = (monitoring: Settings['monitoring']): string[] =>
      namesOf(synth(ONE_SOURCE, { monitoring })).filter((name) => name.startsWith('8'));
    expect(monitors('own')).toEqual(['80-prometheus.yaml', '85-grafana.yaml']);
    expect(monitors('prometheus-operator')).toEqual(['80-prometheus-operator.yaml']);
    expect(monitors('none')).toEqual([]);
  });

  it('has the operator, KEDA or nobody scale the workers', () => {
    const last = (scaling: Settings['scaling']): unknown =>
      namesOf(synth(ONE_SOURCE, { scaling, monitoring: 'none' })).at(-1);
    expect([last('operator'), last('keda'), last('none')]).toEqual([
      '90-operator.yaml',
      '90-keda.yaml',
      '75-replay.yaml',
    ]);
  });

  it('gives, with further sources, what a definition with all of them would give', () => {
    const both = parseDefinition(ONE_SOURCE.replace(/ }$/, ', b: { kind: rss, feeds: [https://b.example/rss] } }'));
    const options = { settings: DEFAULT_SETTINGS, definition: { text: ONE_SOURCE, file: 'newsjet.yaml' } };
    const sources = both.sources.filter(({ name }) => name === 'b');
    expect(sources).toHaveLength(1);
    const { topology, secrets } = declarationOf({ ...options, sources });
    expect(topology).toEqual(computeTopology(both));
    expect(secrets.certificates.map(({ secret }) => secret)).toContain('b-exporter-tls');
    const names = synthesize({ ...options, sources }).flatMap(({ manifests }) =>
      manifests.map(({ metadata }) => metadata.name),
    );
    expect(names).toEqual(expect.arrayContaining(['a-exporter', 'b-exporter', 'b-consumer']));
  });

  it('gives the same text every time', () => {
    expect(synth(EVERY_SOURCE).map(renderFile)).toEqual(synth(EVERY_SOURCE).map(renderFile));
  });

  it('gives text that YAML reads as what was meant', () => {
    const [namespace] = synth(ONE_SOURCE);
    if (!namespace) throw new Error('there is no file');
    expect(parse(renderFile(namespace))).toEqual(namespace.manifests[0]);
  });

  it('refuses a definition with its problems', () => {
    expect(() => synth('sources: {}')).toThrow(DefinitionError);
  });

  it('says which objects kubectl apply would refuse, and refuses what no cluster could store', () => {
    expect(needingServerSide(synth(sources(100)))).toEqual([]);
    expect(needingServerSide(synth(sources(400)))).toEqual(['ConfigMap nats-config']);
    expect(() => synth(sources(1_200))).toThrow(ManifestTooLargeError);
  });
});

describe('the committed charts', () => {
  const directory = new URL('../charts/', import.meta.url);

  it('are what newsjet.yaml gives: run `make synth` and commit', () => {
    const files = synth(committedDefinition('newsjet.yaml'));
    expect(readdirSync(directory).sort()).toEqual([...namesOf(files), 'crds']);
    for (const file of files) expect(committedDefinition(`charts/${file.name}`), file.name).toBe(renderFile(file));
  });

  it('have the kinds that come first in a folder of their own', () => {
    const definitions = synthesizeDefinitions(DEFAULT_SETTINGS);
    expect(namesOf(definitions)).toEqual(['workerscalers.yaml', 'newssources.yaml']);
    expect(readdirSync(new URL('crds/', directory)).sort()).toEqual(namesOf(definitions).sort());
    for (const file of definitions) {
      expect(committedDefinition(`charts/crds/${file.name}`)).toBe(renderFile(file));
    }
    expect(definitions.flatMap(({ manifests }) => manifests)).toEqual([WORKER_SCALER_CRD, NEWS_SOURCE_CRD]);
    expect(synthesizeDefinitions({ scaling: 'keda' })).toEqual([]);
  });

  it('say on their first line that they are not written by hand', () => {
    const names = readdirSync(directory, { recursive: true, encoding: 'utf8' }).filter((name) =>
      name.endsWith('.yaml'),
    );
    for (const name of names) expect(committedDefinition(`charts/${name}`)).toMatch(`${HEADER}\n`);
  });
});

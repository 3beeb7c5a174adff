import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { DefinitionError } from '../workers/contract/problems.ts';
import { DEFAULT_SETTINGS, type Settings } from './settings.ts';
import { HEADER, ManifestTooLargeError, needingServerSide, renderFile, synthesize } from './synthesis.ts';
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
    ]);
    expect([...names].sort()).toEqual(names);
  });

  it('adds the newsroom where the definition names it, and what settings ask for', () => {
    expect(namesOf(synth(EVERY_SOURCE))).toContain('60-newsroom.yaml');
    const own = namesOf(synth(ONE_SOURCE, { mongodbUriSecret: 'atlas', certificates: 'cert-manager' }));
    expect(own).toContain('25-cert-manager.yaml');
    expect(own).not.toContain('20-certs.yaml');
    expect(own).not.toContain('40-mongodb.yaml');
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
    expect(readdirSync(directory).sort()).toEqual(namesOf(files));
    for (const file of files) expect(committedDefinition(`charts/${file.name}`), file.name).toBe(renderFile(file));
  });

  it('say on their first line that they are not written by hand', () => {
    for (const name of readdirSync(directory)) expect(committedDefinition(`charts/${name}`)).toMatch(`${HEADER}\n`);
  });
});

import { describe, expect, it } from 'vitest';
import { DEFAULT_SETTINGS, type Settings } from '../../../cdk8s/settings.ts';
import { NATS_CONFIG } from '../../../cdk8s/synthesis.ts';
import { VERSIONS } from '../../../cdk8s/versions.ts';
import type { SourceDefinition } from '../../contract/definition.ts';
import { readNewsSource } from '../../contract/news-source-reading.ts';
import { Composer } from './composition.ts';
import { configurationTag, type PlannedObject, planCertificates, planObjects } from './objects.ts';
import { SOURCE_LABEL, SOURCES_ANNOTATION } from './resources.ts';

const BASE = 'sources: { base: { kind: rss, feeds: [https://base.example/rss] } }';
const composerOf = (text = BASE, settings: Partial<Settings> = {}): Composer =>
  new Composer({
    definition: { text, file: 'newsjet.yaml' },
    settings: { ...DEFAULT_SETTINGS, ...settings },
    versions: VERSIONS,
  });
const rss = (name: string, url = `https://${name}.example/rss`): SourceDefinition =>
  readNewsSource(name, { kind: 'rss', feeds: [{ url }] }).source as SourceDefinition;
const twitter = (name: string): SourceDefinition =>
  readNewsSource(name, { kind: 'twitter', rules: [{ value: 'cats', tag: 'cats' }] }).source as SourceDefinition;
const OWNER = { apiVersion: 'newsjet.io/v1alpha1', kind: 'NewsSource', name: 'papers', uid: 'u' };
const ACTIVE = { owner: OWNER, exporter: true, consumer: true };
const nameOf = ({ resource, object }: PlannedObject): string => `${resource.kind} ${object.metadata.name}`;
const composer = composerOf();

describe('Composer', () => {
  it('composes what a definition with all sources would bring about', () => {
    const { composed, refused } = composer.compose([rss('papers')]);
    expect(refused.size).toBe(0);
    expect(composed.topology.consumers.map(({ name }) => name)).toContain('papers-exporter');
    expect(composed.topology.feeds.map(({ source }) => source)).toEqual(['base', 'papers']);
  });

  it.each([
    ['a name of the definition', rss('base'), 'NameTaken'],
    ['a built-in feed where there is no newsroom', rss('paper', 'newsroom:/world.rss'), 'NewsroomMissing'],
  ])('refuses %s alone', (_, source, reason) => {
    const { refused, sources } = composer.compose([source, rss('papers')]);
    expect(refused.get(source.name)?.reason).toBe(reason);
    expect(sources.map(({ name }) => name)).toEqual(['papers']);
  });

  it('accepts a built-in feed where there is a newsroom', () => {
    const paper = rss('paper', 'newsroom:/world.rss');
    const withNewsroom = composerOf('sources: { b: { kind: rss, feeds: ["newsroom:/b.rss"] } }');
    expect(withNewsroom.compose([paper]).sources).toEqual([paper]);
  });

  it('refuses the last where there is no room for all', () => {
    const definition = (count: number): string =>
      `sources:\n${Array.from({ length: count }, (_, i) => `  s${i + 1_000}: { kind: rss, feeds: [https://a.example/${i}] }\n`).join('')}`;
    const bytesOf = (of: Composer): number =>
      Buffer.byteLength(JSON.stringify(of.alone.base.manifests.find(({ metadata }) => metadata.name === NATS_CONFIG)));
    // As many as leave room for one more, and not for three.
    const [ten, sixty] = [bytesOf(composerOf(definition(10))), bytesOf(composerOf(definition(60)))];
    const count = 60 + Math.floor((1_000_000 - sixty) / ((sixty - ten) / 50)) - 2;
    const { sources, refused } = composerOf(definition(count)).compose(
      ['more1', 'more2', 'more3', 'more4'].map((name) => rss(name)),
    );
    expect(sources[0]?.name).toBe('more1');
    expect(sources.length).toBeLessThan(4);
    expect(refused.get('more4')).toMatchObject({ reason: 'TooLarge', message: expect.stringContaining('nats-config') });
  });
});

describe('planObjects', () => {
  const composition = composer.compose([rss('papers')]);
  const planned = planObjects(composition, new Map([['papers', ACTIVE]]));
  const find = (name: string): PlannedObject => planned.find((each) => nameOf(each) === name) as PlannedObject;

  it('plans what is new, and what is another because of it, in the order in which one needs the other', () => {
    expect(planned.filter(({ restores }) => !restores).map(nameOf)).toEqual([
      'NetworkPolicy nats-clients',
      'NetworkPolicy nats-clients-in',
      'NetworkPolicy dns',
      'NetworkPolicy internet',
      'NetworkPolicy metrics',
      'NetworkPolicy metrics-in',
      'ConfigMap nats-config',
      'Deployment papers-consumer',
      'WorkerScaler papers-consumer',
      'Deployment papers-exporter',
      'WorkerScaler papers-exporter',
    ]);
  });

  it('marks what is there for a source, and has it go with that', () => {
    const { metadata } = find('Deployment papers-exporter').object;
    expect(metadata.labels?.[SOURCE_LABEL]).toBe('papers');
    expect(metadata.ownerReferences).toEqual([OWNER]);
  });

  it('changes of charts/ only what sources change', () => {
    const { metadata, ...fields } = find('NetworkPolicy nats-clients').object;
    expect(metadata).toEqual({
      name: 'nats-clients',
      namespace: 'newsjet',
      annotations: { [SOURCES_ANNOTATION]: 'papers' },
    });
    expect(Object.keys(fields)).toEqual(['spec']);
    expect(JSON.stringify(fields)).toContain('papers-consumer');
    const changed = new Set(planned.map(({ resource }) => resource.kind));
    expect(changed).toEqual(new Set(['NetworkPolicy', 'ConfigMap', 'Deployment', 'WorkerScaler']));
  });

  it('changes of the servers’ configuration the accounts alone, with a tag', () => {
    const text = (object: object): string => (object as { data: Record<string, string> }).data['nats.conf'] as string;
    const followed = composer.compose([twitter('x')]);
    const [config] = planObjects(followed, new Map()).filter(({ resource }) => resource.kind === 'ConfigMap');
    const original = composer.alone.base.manifests.find(({ metadata }) => metadata.name === 'nats-config') as object;
    const [before, after] = [text(original), text(config?.object as object)];
    const accounts = before.search(/^system_account:/m);
    expect(after.slice(0, accounts)).toBe(before.slice(0, accounts));
    expect(after).toContain('"CN=x-exporter"');
    expect(after).toMatch(new RegExp(`\nserver_tags: \\["${configurationTag(followed)}"\\]\n$`));
  });

  it('names a configuration by its permissions', () => {
    const tags = [[], [rss('papers')], [rss('papers', 'https://other.example')], [rss('papers'), rss('b')]].map(
      (sources) => configurationTag(composer.compose(sources)),
    );
    expect(tags[0]).toBeUndefined();
    expect(tags[1]).toMatch(/^newsjet-[0-9a-f]{16}$/);
    expect(tags[2]).toBe(tags[1]);
    expect(tags[3]).not.toBe(tags[1]);
  });

  it('asks for nothing without sources, but to undo what there was', () => {
    const undone = planObjects(composer.alone, new Map());
    expect(undone.every(({ restores }) => restores)).toBe(true);
    expect(undone.map(nameOf)).toEqual(expect.arrayContaining(['ConfigMap nats-config', 'NetworkPolicy nats-clients']));
    expect(undone.flatMap(({ object }) => Object.keys(object.metadata.annotations ?? {}))).toEqual([]);
  });

  it.each([
    ['fetching', { exporter: true, consumer: true }, ['papers-consumer', 'papers-exporter']],
    ['working off', { exporter: false, consumer: true }, ['papers-consumer']],
    ['ending', { exporter: false, consumer: false }, []],
  ])('plans for a source that is retired, while %s', (_, place, workers) => {
    const objects = planObjects(composition, new Map([['papers', { owner: undefined, ...place }]]));
    const own = objects.filter(({ source }) => source === 'papers');
    expect([...new Set(own.map(({ object }) => object.metadata.name))]).toEqual(workers);
    expect(own.every(({ object }) => object.metadata.ownerReferences === undefined)).toBe(true);
  });
});

describe('planCertificates', () => {
  it('asks for those of the sources', () => {
    const planned = planCertificates(composer.compose([rss('papers')]));
    expect(planned).toEqual(
      ['papers-exporter', 'papers-consumer'].map((commonName) => ({
        ...{ secret: `${commonName}-tls`, commonName, usages: ['client auth'], names: [], combinedPem: false },
        source: 'papers',
      })),
    );
  });

  it('leaves it to cert-manager where that issues certificates', () => {
    const composition = composerOf(BASE, { certificates: 'cert-manager' }).compose([rss('papers')]);
    const planned = planObjects(composition, new Map([['papers', ACTIVE]]));
    const certificates = planned.filter(({ stage }) => stage === 'certificates');
    expect(certificates.map(({ source, object }) => [source, object.metadata.name])).toEqual([
      ['papers', 'papers-exporter-tls'],
      ['papers', 'papers-consumer-tls'],
    ]);
  });
});

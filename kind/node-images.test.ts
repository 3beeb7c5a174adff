import { describe, expect, it } from 'vitest';
import type { KubeObject } from './kubectl.ts';
import { fullName, imagesOnNodes } from './node-images.ts';

const node = (...images: string[][]): KubeObject => ({
  kind: 'Node',
  metadata: { name: 'n', uid: 'n' },
  spec: {},
  status: { images: images.map((names) => ({ names, sizeBytes: 1 })) },
});

describe('imagesOnNodes', () => {
  it('names what every node has, under each of its names', () => {
    const both = ['docker.io/library/nats:2', 'docker.io/library/nats@sha256:1'];
    const images = imagesOnNodes([node(both, ['docker.io/a/b:1']), node(both), node(['docker.io/c/d:1'], both)]);
    expect([...images].sort()).toEqual(both);
  });

  it('knows nothing of nodes that have not told, or are not there', () => {
    expect(imagesOnNodes([]).size).toBe(0);
    expect(imagesOnNodes([node(['a:1']), { ...node(), status: {} }]).size).toBe(0);
    expect(imagesOnNodes([node(['a:1']), { ...node(), status: { images: [{ sizeBytes: 1 }] } }]).size).toBe(0);
  });
});

describe('fullName', () => {
  it.each([
    ['nats:2', 'docker.io/library/nats:2'],
    ['newsjet/rss-exporter:0.1.0-abc', 'docker.io/newsjet/rss-exporter:0.1.0-abc'],
    ['prom/prometheus', 'docker.io/prom/prometheus'],
    ['quay.io/a/b:1', 'quay.io/a/b:1'],
    ['localhost/a:1', 'localhost/a:1'],
    ['registry:5000/a:1', 'registry:5000/a:1'],
  ])('of %s is %s', (name, full) => {
    expect(fullName(name)).toBe(full);
  });
});

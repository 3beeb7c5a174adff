// Bootstrap against a real cluster: creates, leaves alone, updates, refuses.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestCluster } from '../support/cluster.ts';

const DEFINITION = `
sources:
  papers:
    kind: rss
    feeds:
      - { url: https://papers.example/world.rss, every: 1h, name: world }
      - { url: https://papers.example/sports.rss, every: 1h, name: sports }
`;

describe('bootstrap', () => {
  let cluster: TestCluster;
  beforeAll(async () => {
    cluster = await TestCluster.start(DEFINITION);
  });
  afterAll(() => cluster?.stop());

  it('creates what is declared, with three replicas on three servers', async () => {
    const { exit, output } = await cluster.bootstrap();
    expect(output).toContain('stream FEEDS created');
    expect(exit).toEqual({ code: 0, signal: null });
    const manager = await (await cluster.connect('bootstrap')).jetstreamManager({ checkAPI: false });
    for (const stream of cluster.topology.streams) {
      const { config } = await manager.streams.info(stream.name);
      expect(config).toMatchObject({ subjects: stream.subjects, num_replicas: 3, storage: 'file' });
    }
    const { config } = await manager.consumers.info('NEWS', 'news-monitor');
    expect(config).toMatchObject({ deliver_subject: 'DELIVER.news-monitor', deliver_group: 'news-monitor' });
  });

  it('changes nothing the second time, and says so', async () => {
    const { exit, output } = await cluster.bootstrap();
    expect(exit.code).toBe(0);
    expect(output).toContain('nothing to change');
    expect(output).not.toContain('created');
    expect(output).not.toContain('scheduled');
  });
});

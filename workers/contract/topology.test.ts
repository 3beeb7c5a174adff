import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { checkIdentity } from '../../certs/authority.ts';
import { NEWS_LIMITS } from './messages.ts';
import { parseDefinition } from './parse-definition.ts';
import { MAX_DELIVER, NEWS_MONITOR, ROLE_DEFAULTS, WORK_DELIVERIES } from './roles.ts';
import { computeTopology, type Topology } from './topology.ts';

const ROOT = new URL('../../', import.meta.url);
const TESTDATA = new URL('testdata/', import.meta.url);
const parse = (file: URL) => parseDefinition(readFileSync(file, 'utf8'));
const topologyOf = (text: string): Topology => computeTopology(parseDefinition(text));

/** Both committed definitions, and every one of the tests: among them those with names that nearly collide. */
const DEFINITIONS = [
  ...['newsjet.yaml', 'newsroom.yaml'].map((name) => ({ name, file: new URL(name, ROOT) })),
  ...readdirSync(TESTDATA)
    .filter((name) => name.startsWith('valid-') && name.endsWith('.yaml'))
    .map((name) => ({ name, file: new URL(name, TESTDATA) })),
];

const by = <T extends { readonly name: string }>(items: readonly T[], name: string): T => {
  const found = items.find((item) => item.name === name);
  if (!found) throw new Error(`there is no ${name} among ${items.map((item) => item.name).join(', ')}`);
  return found;
};

describe('the topology of newsjet.yaml', () => {
  const topology = computeTopology(parse(new URL('newsjet.yaml', ROOT)));

  it('has three servers and one feed', () => {
    expect(topology.servers).toBe(3);
    expect(topology.feeds).toEqual([
      { source: 'programmez', feed: 'actu', url: 'https://www.programmez.com/rss/rss_actu.php', everyMs: 3_000 },
    ]);
  });

  it('has the streams of the design', () => {
    const shown = topology.streams.map(({ description, maxBytes, ...stream }) => stream);
    const common = { replicas: 3, duplicateWindowMs: 300_000 };
    expect(shown).toEqual([
      {
        ...common,
        name: 'FEEDS',
        subjects: ['FEEDS.schedule.*.*', 'FEEDS.due.*.*'],
        retention: 'limits',
        discard: 'old',
        maxMessagesPerSubject: 1,
        allowRollup: true,
        allowSchedules: true,
        allowDirect: true,
      },
      {
        ...common,
        name: 'SOURCES',
        subjects: ['SOURCES.*'],
        retention: 'workqueue',
        discard: 'new',
        allowDirect: true,
      },
      {
        ...common,
        name: 'NEWS',
        subjects: ['NEWS.received'],
        retention: 'workqueue',
        discard: 'new',
        maxMessages: 20_000,
        allowDirect: true,
      },
      {
        ...common,
        name: 'PROCESSED',
        subjects: ['NEWS.processed'],
        retention: 'interest',
        discard: 'new',
        maxMessages: 20_000,
        allowDirect: true,
      },
      {
        ...common,
        name: 'DLQ',
        subjects: ['DLQ.*.*'],
        retention: 'limits',
        discard: 'old',
        maxMessagesPerSubject: 10_000,
        maxAgeMs: 30 * 86_400_000,
        allowDirect: true,
      },
      {
        ...common,
        name: 'KV_feeds',
        bucket: 'feeds',
        subjects: ['$KV.feeds.>'],
        retention: 'limits',
        discard: 'new',
        maxMessagesPerSubject: 1,
        allowRollup: true,
        allowDirect: true,
      },
      {
        ...common,
        name: 'KV_schemas',
        bucket: 'schemas',
        subjects: ['$KV.schemas.>'],
        retention: 'limits',
        discard: 'new',
        maxMessagesPerSubject: 64,
        allowRollup: false,
        allowDirect: true,
      },
    ]);
    for (const { description, maxBytes } of topology.streams) {
      expect(description).toMatch(/^[A-Z].*[^.]$/);
      expect(maxBytes).toBeGreaterThanOrEqual(16 * 1024 * 1024);
    }
  });

  it('has a consumer a worker', () => {
    const common = { ackWaitMs: 30_000, maxDeliver: 10 };
    expect(topology.consumers).toEqual([
      {
        ...common,
        name: 'programmez-exporter',
        stream: 'FEEDS',
        filterSubject: 'FEEDS.due.programmez.*',
        maxAckPending: 320,
      },
      {
        ...common,
        name: 'programmez-consumer',
        stream: 'SOURCES',
        filterSubject: 'SOURCES.programmez',
        maxAckPending: 160,
      },
      { ...common, name: 'news-creator', stream: 'NEWS', filterSubject: 'NEWS.received', maxAckPending: 20_000 },
      {
        ...common,
        name: 'news-monitor',
        stream: 'PROCESSED',
        filterSubject: 'NEWS.processed',
        maxAckPending: 2_000,
        push: { deliverSubject: 'DELIVER.news-monitor', deliverGroup: 'news-monitor' },
      },
    ]);
  });

  it('tells each worker its place', () => {
    const common = { ACK_WAIT_MS: '30000' };
    expect(
      topology.workers.map(({ name, role, replicas, environment }) => [name, role, replicas, environment]),
    ).toEqual([
      [
        'programmez-exporter',
        'rss-exporter',
        { min: 1, max: 10 },
        {
          ...common,
          WORKER: 'programmez-exporter',
          STREAM: 'FEEDS',
          CONSUMER: 'programmez-exporter',
          BATCH: '16',
          SOURCE: 'programmez',
          ALLOW_PRIVATE_ADDRESSES: 'false',
        },
      ],
      [
        'programmez-consumer',
        'rss-consumer',
        { min: 1, max: 10 },
        {
          ...common,
          WORKER: 'programmez-consumer',
          STREAM: 'SOURCES',
          CONSUMER: 'programmez-consumer',
          BATCH: '8',
          SOURCE: 'programmez',
          IDENTITY_RULE: 'title',
        },
      ],
      [
        'news-creator',
        'news-creator',
        { min: 1, max: 10 },
        { ...common, WORKER: 'news-creator', STREAM: 'NEWS', CONSUMER: 'news-creator', BATCH: '1000' },
      ],
      ['news-reader', 'news-reader', { min: 1, max: 1 }, { WORKER: 'news-reader' }],
      [
        'news-monitor',
        'news-monitor',
        { min: 1, max: 1 },
        {
          ...common,
          WORKER: 'news-monitor',
          STREAM: 'PROCESSED',
          CONSUMER: 'news-monitor',
          BATCH: '1000',
          SOURCES: 'programmez=1',
          CONSUMERS: 'FEEDS/programmez-exporter,SOURCES/programmez-consumer,NEWS/news-creator,PROCESSED/news-monitor',
          SERVERS: '3',
        },
      ],
      ['nats-monitor', 'nats-monitor', { min: 1, max: 1 }, { WORKER: 'nats-monitor', SERVERS: '3' }],
    ]);
  });

  it('lets each identity do what its worker does and no more', () => {
    const { identities } = topology;
    expect(identities.map(({ name, account }) => [name, account])).toEqual([
      ['programmez-exporter', 'newsjet'],
      ['programmez-consumer', 'newsjet'],
      ['news-creator', 'newsjet'],
      ['news-monitor', 'newsjet'],
      ['nats-monitor', 'system'],
      ['bootstrap', 'newsjet'],
      ['operator', 'newsjet'],
      ['replay', 'newsjet'],
      ['system', 'system'],
    ]);
    expect(by(identities, 'programmez-exporter')).toEqual({
      name: 'programmez-exporter',
      account: 'newsjet',
      publish: [
        '$JS.API.CONSUMER.INFO.FEEDS.programmez-exporter',
        '$JS.API.CONSUMER.MSG.NEXT.FEEDS.programmez-exporter',
        '$JS.ACK.FEEDS.programmez-exporter.>',
        'DLQ.FEEDS.programmez-exporter',
        'FEEDS.schedule.programmez.*',
        'SOURCES.programmez',
        '$KV.feeds.programmez.*',
        '$JS.API.DIRECT.GET.KV_feeds.$KV.feeds.programmez.*',
      ],
      subscribe: ['_INBOX.programmez-exporter.>'],
    });
    expect(by(identities, 'programmez-consumer').publish.at(-1)).toBe('NEWS.received');
    expect(by(identities, 'news-creator').publish.at(-1)).toBe('NEWS.processed');
    expect(by(identities, 'news-monitor').subscribe).toEqual([
      '_INBOX.news-monitor.>',
      'DELIVER.news-monitor news-monitor',
    ]);
    const operator = by(identities, 'operator');
    expect(operator.publish).toEqual([
      ...['FEEDS', 'SOURCES', 'NEWS', 'PROCESSED', 'DLQ', 'KV_feeds', 'KV_schemas'].flatMap((stream) =>
        ['INFO', 'CREATE', 'UPDATE'].map((action) => `$JS.API.STREAM.${action}.${stream}`),
      ),
      '$JS.API.CONSUMER.INFO.FEEDS.programmez-exporter',
      '$JS.API.CONSUMER.CREATE.FEEDS.programmez-exporter.FEEDS.due.programmez.*',
      '$JS.API.CONSUMER.INFO.SOURCES.programmez-consumer',
      '$JS.API.CONSUMER.CREATE.SOURCES.programmez-consumer.SOURCES.programmez',
      '$JS.API.CONSUMER.INFO.NEWS.news-creator',
      '$JS.API.CONSUMER.CREATE.NEWS.news-creator.NEWS.received',
      '$JS.API.CONSUMER.INFO.PROCESSED.news-monitor',
      '$JS.API.CONSUMER.CREATE.PROCESSED.news-monitor.NEWS.processed',
      '$JS.API.DIRECT.GET.KV_schemas',
      ...['FEEDS.1', 'SOURCES.1', 'NEWS.received.1', 'NEWS.processed.1'].map((key) => `$KV.schemas.${key}`),
      'FEEDS.schedule.*.*',
      '$JS.API.STREAM.PURGE.FEEDS',
      '$JS.API.STREAM.PURGE.KV_feeds',
      '$JS.API.DIRECT.GET.KV_feeds.$KV.feeds.*.*',
      '$JS.API.DIRECT.GET.FEEDS.FEEDS.schedule.*.*',
      '$JS.API.DIRECT.GET.FEEDS.FEEDS.due.*.*',
      '$JS.API.DIRECT.GET.KV_feeds',
      '$JS.API.STREAM.MSG.GET.SOURCES',
      '$JS.API.CONSUMER.INFO.FEEDS.*',
      '$JS.API.CONSUMER.DELETE.FEEDS.*',
      '$JS.API.CONSUMER.INFO.SOURCES.*',
      '$JS.API.CONSUMER.DELETE.SOURCES.*',
    ]);
    expect(operator.subscribe).toEqual([
      '_INBOX.operator.>',
      '$JS.EVENT.ADVISORY.STREAM.DELETED.*',
      '$JS.EVENT.ADVISORY.STREAM.UPDATED.*',
      '$JS.EVENT.ADVISORY.CONSUMER.DELETED.*.*',
    ]);
    // Neither may delete a stream, or purge one that carries documents or news.
    for (const { publish } of [operator, by(identities, 'bootstrap')]) {
      expect(publish.filter((subject) => /STREAM\.(PURGE|DELETE)/.test(subject))).toEqual([
        '$JS.API.STREAM.PURGE.FEEDS',
        '$JS.API.STREAM.PURGE.KV_feeds',
      ]);
    }
    expect(by(identities, 'news-monitor').publish.slice(-5)).toEqual([
      ...['FEEDS', 'SOURCES', 'NEWS', 'PROCESSED'].map((stream) => `$JS.API.DIRECT.GET.${stream}`),
      '$SYS.REQ.ACCOUNT.PING.CONNZ',
    ]);
    expect(by(identities, 'replay').publish).toEqual([
      '$JS.API.DIRECT.GET.DLQ',
      '$JS.API.STREAM.MSG.DELETE.DLQ',
      'SOURCES.*',
      'NEWS.received',
    ]);
    // Only the operator's second identity may have servers do anything.
    expect(by(identities, 'nats-monitor').publish).toEqual(['$SYS.REQ.SERVER.PING.VARZ', '$SYS.REQ.SERVER.PING.JSZ']);
    expect(by(identities, 'system').publish).toEqual(['$SYS.REQ.SERVER.PING', '$SYS.REQ.SERVER.*.RELOAD']);
  });
});

describe('the topology of newsroom.yaml', () => {
  const topology = computeTopology(parse(new URL('newsroom.yaml', ROOT)));

  it('has an exporter and a consumer for each of its sources', () => {
    expect(topology.workers.map(({ name }) => name)).toEqual([
      'agency-exporter',
      'agency-consumer',
      'papers-exporter',
      'papers-consumer',
      'magazines-exporter',
      'magazines-consumer',
      'twitter-exporter',
      'twitter-consumer',
      'news-creator',
      'news-reader',
      'news-monitor',
      'nats-monitor',
    ]);
    expect(by(topology.workers, 'agency-exporter').environment.ALLOW_PRIVATE_ADDRESSES).toBe('true');
    expect(by(topology.workers, 'news-monitor').environment.SOURCES).toBe('agency=1,papers=6,magazines=3,twitter=1');
  });

  it('needs no internet', () => {
    expect(topology.feeds).toHaveLength(10);
    for (const { url } of topology.feeds) expect(url).toMatch(/^newsroom:\/[a-z]+\.(rss|rdf|atom|json)$/);
  });
});

describe.each(DEFINITIONS)('any topology, such as that of $name', ({ file }) => {
  const definition = parse(file);
  const topology = computeTopology(definition);

  it('is the same each time, and leaves its definition as it is', () => {
    const before = structuredClone(definition);
    expect(JSON.stringify(computeTopology(definition))).toBe(JSON.stringify(topology));
    expect(definition).toEqual(before);
    expect(computeTopology(structuredClone(definition))).toEqual(topology);
  });

  it('gives every worker a consumer and an identity of its own, as far as its role has them', () => {
    const names = topology.workers.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    const without = ['twitter-exporter', 'news-reader', 'nats-monitor'];
    const consuming = topology.workers.filter(({ role }) => !without.includes(role)).map(({ name }) => name);
    expect(topology.consumers.map(({ name }) => name)).toEqual(consuming);
    expect(topology.workers.flatMap(({ consumer }) => consumer ?? [])).toEqual(topology.consumers);
    const connecting = topology.workers.flatMap(({ name, connects }) => (connects ? name : []));
    expect(connecting).toEqual(names.filter((name) => name !== 'news-reader'));
    expect(topology.identities.map(({ name }) => name)).toEqual([
      ...connecting,
      'bootstrap',
      'operator',
      'replay',
      'system',
    ]);
  });

  it('names no identity that no certificate could bear', () => {
    for (const { name } of topology.identities) expect(() => checkIdentity(name), name).not.toThrow();
    for (const { name } of topology.workers) expect(name.length, name).toBeLessThanOrEqual(63);
  });

  it('has each consumer on a stream that holds what it asks for, with a filter of its own', () => {
    for (const { name, stream, filterSubject } of topology.consumers) {
      const held = by(topology.streams, stream).subjects.some((subject) => covers(subject, filterSubject));
      expect(held, `${name} asks ${stream} for ${filterSubject}`).toBe(true);
    }
    const filters = topology.consumers.map(({ filterSubject }) => filterSubject);
    expect(new Set(filters).size).toBe(filters.length);
  });

  it('has one consumer a subject on a work queue, which takes no other and refuses rather than drops', () => {
    for (const { name, subjects, discard } of topology.streams.filter(({ retention }) => retention === 'workqueue')) {
      const own = topology.consumers.filter(({ stream }) => stream === name);
      for (const { filterSubject, push } of own) {
        const rivals = own.filter((other) => covers(other.filterSubject, filterSubject));
        expect([rivals.length, push], `${name}, ${filterSubject}`).toEqual([1, undefined]);
      }
      expect(own.length).toBeGreaterThanOrEqual(subjects.length);
      expect(discard).toBe('new');
    }
  });

  it('remembers message ids for as long as any message may be delivered again', () => {
    for (const { name, ackWaitMs, maxDeliver } of topology.consumers) {
      for (const stream of topology.streams) {
        expect(stream.duplicateWindowMs, `${stream.name} for ${name}`).toBeGreaterThanOrEqual(ackWaitMs * maxDeliver);
        expect(stream.duplicateWindowMs).toBeLessThanOrEqual(stream.maxAgeMs ?? Infinity);
      }
    }
  });

  it('feeds every replica', () => {
    for (const { consumer, replicas, environment } of topology.workers) {
      expect(replicas.min).toBeLessThanOrEqual(replicas.max);
      if (consumer) expect(consumer.maxAckPending).toBeGreaterThanOrEqual(Number(environment.BATCH) * replicas.max);
    }
  });

  it('lets no two identities publish the documents of a source, or learn what others are told', () => {
    const allowed = topology.identities.flatMap(({ name, publish }) =>
      publish.filter((subject) => covers('SOURCES.*', subject) || covers(subject, 'SOURCES.x')).map((s) => [s, name]),
    );
    expect(allowed).toEqual([
      ...definition.sources.map(({ name }) => [`SOURCES.${name}`, `${name}-exporter`]),
      // No process that stays: somebody starts it, for letters that once were such documents.
      ['SOURCES.*', 'replay'],
    ]);
    const heard = topology.identities.flatMap(({ name, subscribe }) => subscribe.map((s) => [name, s.split(' ')[0]]));
    for (const [name, subject] of heard) {
      for (const [other, own] of heard) {
        if (name !== other) expect(covers(subject as string, own as string), `${name} hears ${own}`).toBe(false);
      }
    }
  });

  it('lets nobody but bootstrap and the operator change streams and consumers, and only the operator delete consumers', () => {
    for (const { name, publish } of topology.identities) {
      const wide = publish.filter(
        (subject) => subject === '>' || subject.startsWith('*') || /^\$JS\.(API\.)?>/.test(subject),
      );
      expect(wide, name).toEqual([]);
      const may = (action: RegExp): boolean => publish.some((subject) => action.test(subject));
      expect(may(/^\$JS\.API\.(STREAM|CONSUMER)\.(CREATE|UPDATE)\./), name).toBe(
        name === 'bootstrap' || name === 'operator',
      );
      expect(may(/^\$JS\.API\.STREAM\.PURGE\./), name).toBe(name === 'bootstrap' || name === 'operator');
      expect(may(/\.STREAM\.DELETE\./), name).toBe(false);
      expect(may(/\.CONSUMER\.DELETE\./), name).toBe(name === 'operator');
    }
  });

  it('polls every feed of every source, each under a subject of its own', () => {
    const subjects = topology.feeds.map(({ source, feed }) => `${source}.${feed}`);
    expect(new Set(subjects).size).toBe(
      definition.sources.reduce((sum, source) => sum + (source.kind === 'rss' ? source.feeds.length : 0), 0),
    );
  });
});

describe('computeTopology', () => {
  const feeds = 'feeds: [https://a.example/rss]';

  it.each([
    [1, 1],
    [3, 3],
    [5, 3],
  ])('of %d servers keeps %d replicas of every stream', (servers, replicas) => {
    const topology = topologyOf(`nats: { servers: ${servers} }\nsources: { a: { kind: rss, ${feeds} } }`);
    expect(topology.servers).toBe(servers);
    for (const stream of topology.streams) expect(stream.replicas, stream.name).toBe(replicas);
  });

  it('derives what a worker’s settings leave open', () => {
    const topology = topologyOf(`
sources: { a: { kind: rss, identity: link, ${feeds} } }
workers:
  a-exporter: { replicas: { max: 3 }, batch: 5 }
  a-consumer: { replicas: { min: 20 }, ackWait: 1h }
  news-creator: { maxAckPending: 10000 }
`);
    const exporter = by(topology.workers, 'a-exporter');
    expect([exporter.replicas, exporter.consumer?.maxAckPending]).toEqual([{ min: 1, max: 3 }, 2 * 5 * 3]);
    const consumer = by(topology.workers, 'a-consumer');
    expect([consumer.replicas, consumer.consumer?.maxAckPending]).toEqual([{ min: 20, max: 20 }, 2 * 8 * 20]);
    expect(consumer.environment).toMatchObject({ ACK_WAIT_MS: '3600000', IDENTITY_RULE: 'link' });
    expect(by(topology.workers, 'news-creator').consumer?.maxAckPending).toBe(10_000);
    for (const { duplicateWindowMs } of topology.streams) expect(duplicateWindowMs).toBe(36_000_000);
  });

  it.each(['NEWS', 'PROCESSED'])('has room in %s for as many of the largest items as it takes', (name) => {
    const { streams } = topologyOf(`sources: { a: { kind: rss, ${feeds} } }`);
    const { maxBytes, maxMessages = Infinity } = by(streams, name);
    const { title, description, address, author, language } = NEWS_LIMITS;
    const characters = title + description + 2 * address + author + language;
    // Keys, id, source, date and headers.
    const besides = 1_000;
    expect(maxMessages * (3 * characters + besides)).toBeLessThanOrEqual(maxBytes);
  });

  it('remembers message ids for two minutes at least', () => {
    const quick = ['a-exporter', 'a-consumer', 'news-creator', 'news-monitor'].map(
      (name) => `${name}: { ackWait: 1s }`,
    );
    const topology = topologyOf(`sources: { a: { kind: rss, ${feeds} } }\nworkers: { ${quick.join(', ')} }`);
    for (const { duplicateWindowMs } of topology.streams) expect(duplicateWindowMs).toBe(120_000);
  });

  it('leaves a feed without an interval to its own hints', () => {
    const { feeds: polls } = topologyOf(`sources: { a: { kind: rss, ${feeds} } }`);
    expect(polls).toMatchObject([{ source: 'a', url: 'https://a.example/rss', everyMs: null }]);
  });

  it('takes a thousand sources', () => {
    const sources = Array.from({ length: 1_000 }, (_, n) => `  s${n}: { kind: rss, ${feeds} }`);
    const topology = topologyOf(`sources:\n${sources.join('\n')}\n`);
    expect([topology.workers.length, topology.identities.length]).toEqual([2_004, 2_007]);
  });
});

describe('the scaling of workers', () => {
  const feeds = 'feeds: [https://a.example/rss]';
  const scaling = (workers: string) => {
    const x = 'x: { kind: twitter, rules: [{ value: cats, tag: cats }] }';
    const topology = topologyOf(`sources: { a: { kind: rss, ${feeds} }, ${x} }\nworkers: { ${workers} }`);
    return Object.fromEntries(topology.workers.map(({ name, scaling }) => [name, scaling]));
  };

  it('follows the lag of those that pull, and leaves alone who leads or is pushed to', () => {
    const usual = { min: 1, max: 10, goal: { kind: 'drain', seconds: 30 } };
    expect(scaling('news-monitor: { replicas: { max: 3 } }')).toEqual({
      'a-exporter': usual,
      'a-consumer': usual,
      'x-exporter': undefined,
      'x-consumer': usual,
      'news-creator': usual,
      'news-monitor': undefined,
    });
  });

  it('is as the definition says, and none where there is nothing to choose', () => {
    const given = scaling(
      'a-exporter: { replicas: { min: 2, max: 2 } }, a-consumer: { replicas: { min: 0 }, drainSeconds: 5 }, ' +
        'x-consumer: { replicas: { max: 4 }, lagPerReplica: 400 }',
    );
    expect(given['a-exporter']).toBeUndefined();
    expect(given['a-consumer']).toEqual({ min: 0, max: 10, goal: { kind: 'drain', seconds: 5 } });
    expect(given['x-consumer']).toEqual({ min: 1, max: 4, goal: { kind: 'lag', perReplica: 400 } });
  });

  it('asks for a batch at a time', () => {
    const { workers } = topologyOf(`sources: { a: { kind: rss, ${feeds} } }\nworkers: { a-consumer: { batch: 3 } }`);
    for (const { consumer, batch, environment } of workers) if (consumer) expect(environment.BATCH).toBe(String(batch));
    expect(by(workers, 'a-consumer').batch).toBe(3);
  });
});

describe('the defaults of the roles', () => {
  it('spend some deliveries on the work and leave some for the DLQ', () => {
    expect(WORK_DELIVERIES).toBeGreaterThan(1);
    expect(MAX_DELIVER - WORK_DELIVERIES).toBeGreaterThan(1);
  });

  it('show the live page from one place', () => {
    expect(ROLE_DEFAULTS[NEWS_MONITOR].replicas).toEqual({ min: 1, max: 1 });
  });
});

/** Whether every subject that the second pattern stands for is one of the first. */
function covers(wide: string, narrow: string): boolean {
  const [wider, narrower] = [wide.split('.'), narrow.split('.')];
  for (const [index, token] of wider.entries()) {
    const other = narrower[index];
    if (other === undefined) return false;
    if (token === '>') return true;
    if (other === '>' || (token !== '*' && token !== other)) return false;
  }
  return wider.length === narrower.length;
}

describe('a source of kind twitter', () => {
  const topology = topologyOf(
    'sources: { x: { kind: twitter, rules: [{ value: "NATS lang:fr", tag: nats }] }, a: { kind: rss, feeds: [https://a.example/rss] } }',
  );

  it('has an exporter without a consumer, which leads through a lease', () => {
    const exporter = by(topology.workers, 'x-exporter');
    expect(exporter).toMatchObject({ role: 'twitter-exporter', consumer: undefined, replicas: { min: 1, max: 2 } });
    expect(exporter.environment).toEqual({
      WORKER: 'x-exporter',
      SOURCE: 'x',
      X_API_URL: 'https://api.x.com',
      RULES: '[{"value":"NATS lang:fr","tag":"nats","line":1}]',
    });
    expect(by(topology.identities, 'x-exporter').publish).toEqual([
      '$KV.leases.x',
      '$JS.API.DIRECT.GET.KV_leases.$KV.leases.x',
      'SOURCES.x',
      '$KV.feeds.x.stream',
      '$JS.API.DIRECT.GET.KV_feeds.$KV.feeds.x.stream',
    ]);
    expect(by(topology.streams, 'KV_leases')).toMatchObject({ allowMessageTtl: true, maxMessagesPerSubject: 1 });
  });

  it('has a consumer like any other, and a state but no poll', () => {
    expect(by(topology.workers, 'x-consumer').consumer).toMatchObject({
      stream: 'SOURCES',
      filterSubject: 'SOURCES.x',
    });
    expect(topology.feeds.map(({ source }) => source)).toEqual(['a']);
    expect(topology.feedStateKeys[0]).toBe('x.stream');
    expect(by(topology.workers, 'news-monitor').environment.SOURCES).toBe('x=1,a=1');
  });

  it('costs a definition without one nothing', () => {
    const { streams } = topologyOf('sources: { a: { kind: rss, feeds: [https://a.example/rss] } }');
    expect(streams.map(({ name }) => name)).not.toContain('KV_leases');
  });
});

// Reads a definition (newsjet.yaml) and reports everything that is wrong with it in one go.
import { isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml';
import {
  type Definition,
  type FeedDefinition,
  IDENTITY_RULES,
  type IdentityRule,
  NEWSROOM_SCHEME,
  type ReplicaRange,
  SOURCE_KINDS,
  type SourceDefinition,
  type SourceKind,
  type WorkerSettings,
} from './definition.ts';
import { feedId, NAME_PATTERN } from './feed-id.ts';
import { DefinitionError, Problems, show } from './problems.ts';
import { plannedWorkers, type Role, workerShape } from './roles.ts';
import { NAME_FORM, scalar, YamlReader } from './yaml-reader.ts';

/**
 * Parses and checks a definition.
 * @param file its name, for messages
 * @throws {DefinitionError} listing every problem with line and column
 */
export function parseDefinition(text: string, file = 'newsjet.yaml'): Definition {
  const counter = new LineCounter();
  const document = parseDocument(text, { lineCounter: counter, uniqueKeys: true, prettyErrors: false });
  const problems = new Problems(counter);
  for (const error of document.errors) problems.addAt(error.pos[0], '', firstSentence(error.message));
  const reader = new DefinitionReader(problems);
  const definition = reader.read(document.contents);
  if (problems.all.length > 0) throw new DefinitionError(file, problems.all);
  return definition;
}

const firstSentence = (message: string): string => (message.split('\n')[0] as string).replace(/:$/, '');

class DefinitionReader {
  readonly #problems: Problems;
  readonly #yaml: YamlReader;

  constructor(problems: Problems) {
    this.#problems = problems;
    this.#yaml = new YamlReader(problems);
  }

  read(root: Node | null): Definition {
    const fields = this.#yaml.fields(root, '', ['nats', 'sources', 'workers']);
    const sources = this.#sources(fields.get('sources'), root);
    return {
      nats: this.#nats(fields.get('nats')),
      sources,
      workers: this.#workers(fields.get('workers'), sources),
    };
  }

  #nats(node: Node | null | undefined): Definition['nats'] {
    if (!node) return { servers: 3 };
    const fields = this.#yaml.fields(node, 'nats', ['servers']);
    const servers = this.#yaml.choice(fields.get('servers'), 'nats.servers', [1, 3, 5] as const, 3);
    return { servers };
  }

  #sources(node: Node | null | undefined, root: Node | null): SourceDefinition[] {
    if (!node) {
      this.#problems.add(root, 'sources', 'is missing; name at least one source with its kind and feeds');
      return [];
    }
    const entries = this.#yaml.entries(node, 'sources');
    if (entries.length === 0) this.#problems.add(node, 'sources', 'is empty; name at least one source');
    return entries.map(([name, key, value]) => this.#source(name, key, value));
  }

  #source(name: string, key: Node, node: Node | null): SourceDefinition {
    const path = `sources.${name}`;
    if (!NAME_PATTERN.test(name)) this.#problems.addValue(key, path, name, NAME_FORM);
    const fields = this.#yaml.fields(node, path, ['kind', 'identity', 'allowPrivateAddresses', 'feeds'], key);
    const kindNode = fields.get('kind');
    if (node && !kindNode) this.#problems.add(key, `${path}.kind`, `is missing; allowed: ${SOURCE_KINDS.join(', ')}`);
    return {
      name,
      kind: this.#yaml.choice<SourceKind>(kindNode, `${path}.kind`, SOURCE_KINDS, 'rss'),
      identity: this.#yaml.choice<IdentityRule>(fields.get('identity'), `${path}.identity`, IDENTITY_RULES, 'title'),
      allowPrivateAddresses: this.#yaml.choice(
        fields.get('allowPrivateAddresses'),
        `${path}.allowPrivateAddresses`,
        [true, false],
        false,
      ),
      feeds: node ? this.#feeds(fields.get('feeds'), `${path}.feeds`, key) : [],
    };
  }

  #feeds(node: Node | null | undefined, path: string, parent: Node): FeedDefinition[] {
    if (!isSeq(node) || node.items.length === 0) {
      this.#problems.add(
        node ?? parent,
        path,
        'must be a list of at least one feed, such as { url: https://…, every: 15m }',
      );
      return [];
    }
    const seen = new Map<string, string>();
    return node.items.map((item, index) => {
      const feed = this.#feed(item as Node | null, `${path}[${index}]`, node);
      const earlier = seen.get(feed.id);
      if (earlier !== undefined) {
        this.#problems.add(
          item as Node,
          `${path}[${index}]`,
          `has the same name ${show(feed.id)} as ${earlier}; name it`,
        );
      }
      seen.set(feed.id, `${path}[${index}]`);
      return feed;
    });
  }

  #feed(node: Node | null, path: string, list: Node): FeedDefinition {
    const fields = isScalar(node)
      ? new Map<string, Node | null>([['url', node]])
      : this.#yaml.fields(node, path, ['url', 'every', 'name'], list);
    const url = this.#url(fields.get('url'), `${path}.url`, node ?? list);
    const every = fields.get('every');
    const everyMs = every ? this.#yaml.duration(every, `${path}.every`, 1_000) : undefined;
    const nameNode = fields.get('name');
    const name = nameNode ? this.#yaml.name(nameNode, `${path}.name`) : undefined;
    return { id: name ?? feedId(url), url, ...(everyMs === undefined ? {} : { everyMs }) };
  }

  #url(node: Node | null | undefined, path: string, parent: Node): string {
    const allowed = `an http or https address, or ${NEWSROOM_SCHEME}/… for a built-in feed`;
    if (!node) {
      this.#problems.add(parent, path, `is missing; give ${allowed}`);
      return '';
    }
    const value = scalar(node);
    const url = typeof value === 'string' && URL.canParse(value) ? new URL(value) : undefined;
    if (!url || !['http:', 'https:', NEWSROOM_SCHEME].includes(url.protocol)) {
      this.#problems.addValue(node, path, value, allowed);
      return '';
    }
    if (url.username || url.password) {
      this.#problems.add(
        node,
        path,
        'holds a user name or password, which would end up in logs and messages; remove it',
      );
      return '';
    }
    return url.href;
  }

  #workers(node: Node | null | undefined, sources: readonly SourceDefinition[]): Record<string, WorkerSettings> {
    if (!node) return {};
    const roles = new Map(plannedWorkers(sources).map(({ name, role }) => [name, role]));
    const settings: Record<string, WorkerSettings> = {};
    for (const [name, key, value] of this.#yaml.entries(node, 'workers')) {
      const path = `workers.${name}`;
      const role = roles.get(name);
      settings[name] = this.#worker(value, path, key);
      if (role) this.#checkShape(role, settings[name], value ?? key, path);
      else this.#problems.addValue(key, path, name, [...roles.keys()].join(', '));
    }
    return settings;
  }

  #worker(node: Node | null, path: string, key: Node): WorkerSettings {
    const fields = this.#yaml.fields(node, path, ['replicas', 'batch', 'ackWait', 'maxAckPending'], key);
    const replicas = fields.get('replicas');
    const batch = fields.get('batch');
    const ackWait = fields.get('ackWait');
    const maxAckPending = fields.get('maxAckPending');
    return {
      ...(replicas ? { replicas: this.#replicas(replicas, `${path}.replicas`) } : {}),
      ...(batch ? { batch: this.#yaml.integer(batch, `${path}.batch`, 1, 10_000) } : {}),
      ...(ackWait ? { ackWaitMs: this.#yaml.duration(ackWait, `${path}.ackWait`, 1_000) ?? 1_000 } : {}),
      ...(maxAckPending
        ? { maxAckPending: this.#yaml.integer(maxAckPending, `${path}.maxAckPending`, 1, 1_000_000) }
        : {}),
    };
  }

  /** A consumer that may not hold a batch for each replica would leave replicas idle. */
  #checkShape(role: Role, settings: WorkerSettings, node: Node, path: string): void {
    const { batch, replicas, maxAckPending } = workerShape(role, settings);
    if (maxAckPending < batch * replicas.max) {
      const needed = `batch ${batch} x replicas.max ${replicas.max} = ${batch * replicas.max}`;
      this.#problems.add(
        node,
        `${path}.maxAckPending`,
        `${maxAckPending} can't feed every replica; at least ${needed}`,
      );
    }
  }

  #replicas(node: Node, path: string): Partial<ReplicaRange> {
    const fields = this.#yaml.fields(node, path, ['min', 'max']);
    const minNode = fields.get('min');
    const maxNode = fields.get('max');
    const min = minNode ? this.#yaml.integer(minNode, `${path}.min`, 0, 1_000) : undefined;
    const max = maxNode ? this.#yaml.integer(maxNode, `${path}.max`, 1, 1_000) : undefined;
    if (min !== undefined && max !== undefined && min > max) {
      this.#problems.add(node, path, `min ${min} is greater than max ${max}`);
    }
    return { ...(min === undefined ? {} : { min }), ...(max === undefined ? {} : { max }) };
  }
}

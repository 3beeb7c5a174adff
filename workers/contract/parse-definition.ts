// Reads a definition (newsjet.yaml) and reports everything that is wrong with it in one go.
import { isMap, isScalar, LineCounter, type Node } from 'yaml';
import type { Definition } from './definition.ts';
import { parseSources } from './parse-sources.ts';
import { parseWorkers } from './parse-workers.ts';
import { DefinitionError, describe, Problems } from './problems.ts';
import { COMPATIBILITIES } from './schema-compatibility.ts';
import { YamlReader } from './yaml-reader.ts';
import { parseYaml } from './yaml-source.ts';

/**
 * Parses and checks a definition.
 * @param file its name, for messages
 * @throws {DefinitionError} listing every problem with line and column; of a text that is not YAML, those of its syntax
 */
export function parseDefinition(text: string, file = 'newsjet.yaml'): Definition {
  const counter = new LineCounter();
  const problems = new Problems(counter);
  // A byte order mark would count as a column.
  const source = parseYaml(text.replace(/^\ufeff/, ''), counter, problems);
  const definition = source && readRoot(source.root, problems, new YamlReader(problems, source.follow));
  if (!definition || problems.all.length > 0) throw new DefinitionError(file, problems.all);
  return definition;
}

function readRoot(root: Node | null, problems: Problems, yaml: YamlReader): Definition | undefined {
  if (!isMap(root)) {
    problems.add(root, '', `the definition must be a mapping that holds sources, but is ${describe(root)}`);
    return undefined;
  }
  const fields = yaml.fields(root, '', ['nats', 'schemas', 'sources', 'workers']);
  const sourcesKey = root.items.find(({ key }) => isScalar(key) && key.value === 'sources')?.key as Node | undefined;
  const sources = parseSources(fields.get('sources'), sourcesKey ?? root, problems, yaml);
  const section = <K extends string>(name: string, keys: readonly K[]): Partial<Record<K, Node | null>> => {
    const node = fields.get(name);
    return Object.fromEntries(node ? yaml.fields(node, name, keys) : []) as Partial<Record<K, Node | null>>;
  };
  const { servers } = section('nats', ['servers']);
  const { compatibility } = section('schemas', ['compatibility']);
  return {
    nats: { servers: yaml.choice(servers, 'nats.servers', [1, 3, 5] as const, 3) },
    schemas: { compatibility: yaml.choice(compatibility, 'schemas.compatibility', COMPATIBILITIES, 'backward') },
    sources,
    workers: parseWorkers(fields.get('workers'), sources, problems, yaml),
  };
}

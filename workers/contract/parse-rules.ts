// Reads the rules of a source of kind twitter.
import { isMap, type Node } from 'yaml';
import { MAX_RULE_LENGTH, type TwitterRule } from './definition.ts';
import { type Problems, show } from './problems.ts';
import { scalar, type YamlReader } from './yaml-reader.ts';

const RULES_FORM = 'must be a list of at least one rule, such as { value: "NATS JetStream lang:en", tag: nats }';

/** Reads the rules; `parent` is where it is said that there are none. */
export function parseRules(
  node: Node | null | undefined,
  path: string,
  parent: Node,
  problems: Problems,
  yaml: YamlReader,
): TwitterRule[] {
  const items = yaml.items(node);
  if (!items?.length) {
    problems.add(node ?? parent, path, RULES_FORM);
    return [];
  }
  // X refuses a second rule with the same value, whatever its tag.
  const seen = { tag: new Map<string, string>(), value: new Map<string, string>() };
  return items.flatMap((item, index) => {
    const rulePath = `${path}[${index}]`;
    const fields = yaml.fields(item, rulePath, ['value', 'tag']);
    if (!isMap(item)) return [];
    const value = readValue(fields.get('value'), `${rulePath}.value`, item, problems);
    const tagNode = fields.get('tag');
    if (!tagNode) problems.add(item, `${rulePath}.tag`, 'is missing; name the rule, such as tag: nats');
    const tag = tagNode ? yaml.name(tagNode, `${rulePath}.tag`) : undefined;
    if (value === undefined || tag === undefined) return [];
    for (const [key, text] of [['tag', tag] as const, ['value', value.trim()] as const]) {
      const earlier = seen[key].get(text);
      if (earlier) problems.add(item, rulePath, `has the same ${key} ${show(text)} as ${earlier}; give it another`);
      else seen[key].set(text, rulePath);
    }
    return [{ value, tag, line: problems.lineOf(item) }];
  });
}

function readValue(node: Node | null | undefined, path: string, parent: Node, problems: Problems): string | undefined {
  if (!node) {
    problems.add(parent, path, 'is missing; give what posts must match, such as "NATS JetStream lang:en"');
    return undefined;
  }
  const value = scalar(node);
  if (typeof value !== 'string' || value.trim() === '') {
    problems.addValue(node, path, "a text that is not empty, in the language of X's rules");
    return undefined;
  }
  const { length } = [...value];
  if (length > MAX_RULE_LENGTH) {
    problems.add(node, path, `has ${length} characters; X accepts at most ${MAX_RULE_LENGTH}`);
    return undefined;
  }
  return value;
}

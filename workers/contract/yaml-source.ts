// Parses the YAML text of a definition: what is wrong with its syntax is said in our words, and aliases are followed.

import type { LineCounter } from 'yaml';
import { isAlias, type Node, parseDocument, visit, type YAMLError } from 'yaml';
import { hideCredentials, type Problems } from './problems.ts';

/** The nodes of a text whose syntax is right. */
export interface YamlSource {
  /** Null when the text is empty. */
  readonly root: Node | null;
  /** What an alias stands for; any other node is returned as it is. */
  readonly follow: (node: Node) => Node;
}

/**
 * Parses a text.
 * @returns undefined when its syntax is wrong, as the problems then say: what else the nodes seem to hold is not to be trusted
 */
export function parseYaml(text: string, counter: LineCounter, problems: Problems): YamlSource | undefined {
  // Keys are checked for being unique where they are read, which names their path and, for many, takes less time.
  const document = parseDocument(text, { lineCounter: counter, uniqueKeys: false, prettyErrors: false });
  const faults = new Map<string, YAMLError>();
  // One slip can make several parts of the parser say the same.
  for (const fault of [...document.errors, ...document.warnings]) faults.set(`${fault.pos[0]} ${fault.message}`, fault);
  for (const fault of faults.values()) problems.addAt(fault.pos[0], '', sentence(fault));
  const targets = aliasTargets(document.contents, problems);
  if (problems.all.length > 0) return undefined;
  return { root: document.contents, follow: (node) => targets.get(node) ?? node };
}

/** Finds what each alias stands for: the last anchor of its name before it. */
function aliasTargets(root: Node | null, problems: Problems): ReadonlyMap<Node, Node> {
  const anchors = new Map<string, Node>();
  const targets = new Map<Node, Node>();
  visit(root, {
    Node: (_, node) => {
      if (!isAlias(node)) {
        if (node.anchor) anchors.set(node.anchor, node);
        return;
      }
      const target = anchors.get(node.source);
      if (target) targets.set(node, target);
      else problems.add(node, '', `*${node.source} repeats nothing: no &${node.source} comes before it`);
    },
  });
  return targets;
}

function sentence({ code, message }: YAMLError): string {
  if (code === 'MULTIPLE_DOCS') return 'a second document begins here; a file holds one definition';
  // The parser may quote what it tripped over, and that may be an address with a password.
  return `not valid YAML: ${hideCredentials(message.split('\n')[0] as string).replace(/:$/, '')}`;
}

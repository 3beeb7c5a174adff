// Which metrics an expression asks for.

/** What PromQL itself has names for. Functions are told by their parenthesis. */
const KEYWORDS: ReadonlySet<string> = new Set([
  'and',
  'or',
  'unless',
  'by',
  'without',
  'on',
  'ignoring',
  'offset',
  'bool',
]);

/** Lists every name in an expression that is neither a label, a function nor a keyword, as often as it is there. */
export function identifiers(expr: string): string[] {
  const bare = expr
    .replace(/"(?:[^"\\]|\\.)*"/g, '""')
    .replace(/\{[^}]*\}/g, '')
    .replace(/\[[^\]]*\]/g, '')
    .replace(/\b(?:by|on|without|ignoring)\s*\([^)]*\)/g, '')
    .replace(/\boffset\s+\w+/g, '');
  const names = [...bare.matchAll(/[a-zA-Z_:][\w:]*(?!\w)(\s*\()?/g)].filter(([, call]) => call === undefined);
  return names.map(([name]) => name).filter((name) => !KEYWORDS.has(name));
}

// Renders a plain object in the server's own configuration format.

/** A value of the server's configuration. */
export type ConfValue = string | number | boolean | ConfObject | readonly ConfValue[];
/** A block of it; keys that are undefined are left out. */
export interface ConfObject {
  readonly [key: string]: ConfValue | undefined;
}

/** A verbatim reference such as `$POD_NAME`, which the server takes from its environment. */
export const environmentVariable = (name: string): string => `$${name}`;

/**
 * Renders a configuration, two spaces a level. Every string is quoted but for references to the environment, so nothing in
 * a subject or path can be taken for syntax.
 */
export function renderConf(object: ConfObject, indent = ''): string {
  return Object.entries(object)
    .filter((entry): entry is [string, ConfValue] => entry[1] !== undefined)
    .map(([key, value]) => `${indent}${renderKey(key)}: ${renderValue(value, indent)}\n`)
    .join('');
}

const renderKey = (key: string): string => (/^[A-Za-z_][A-Za-z0-9_]*$/.test(key) ? key : JSON.stringify(key));

function renderValue(value: ConfValue, indent: string): string {
  if (typeof value === 'string') return /^\$[A-Z][A-Z0-9_]*$/.test(value) ? value : JSON.stringify(value);
  if (typeof value !== 'object') return String(value);
  const inner = `${indent}  `;
  if (isList(value)) {
    if (value.length === 0) return '[]';
    return `[\n${value.map((item) => `${inner}${renderValue(item, inner)}\n`).join('')}${indent}]`;
  }
  return `{\n${renderConf(value, inner)}${indent}}`;
}

const isList = (value: ConfValue): value is readonly ConfValue[] => Array.isArray(value);

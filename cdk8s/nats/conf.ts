// Renders a plain object in the server's own configuration format.

/** A reference to a variable of the server's environment; the server reads it as it reads its own file. */
export class EnvironmentVariable {
  readonly name: string;

  constructor(name: string) {
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) {
      throw new UnrenderableError(`${JSON.stringify(name)} can't name a variable of the environment`);
    }
    this.name = name;
  }
}

/** A value of the server's configuration. */
export type ConfValue = string | number | boolean | EnvironmentVariable | ConfObject | readonly ConfValue[];
/** A block of it; keys that are undefined are left out. */
export interface ConfObject {
  readonly [key: string]: ConfValue | undefined;
}

/** What the server's format has no form for; the message names the key or value. */
export class UnrenderableError extends Error {
  override readonly name = 'UnrenderableError';
}

/**
 * Renders a configuration, two spaces a level. Every string is quoted, so that nothing in a subject or path can be taken for
 * syntax, a number or a variable.
 * @throws {UnrenderableError} when a key or number can't be written
 */
export function renderConf(object: ConfObject, indent = ''): string {
  return Object.entries(object)
    .filter((entry): entry is [string, ConfValue] => entry[1] !== undefined)
    .map(([key, value]) => `${indent}${renderKey(key)}: ${renderValue(value, indent)}\n`)
    .join('');
}

function renderKey(key: string): string {
  // The server would read a file instead.
  if (/^[A-Za-z_][A-Za-z0-9_]*$/.test(key) && key.toLowerCase() !== 'include') return key;
  // It knows no escapes in keys.
  if (key === '' || /["\p{Cc}]/u.test(key)) throw new UnrenderableError(`${JSON.stringify(key)} can't be a key`);
  return `"${key}"`;
}

function renderValue(value: ConfValue, indent: string): string {
  if (typeof value === 'string') return renderString(value);
  if (typeof value === 'number') return renderNumber(value);
  if (typeof value === 'boolean') return String(value);
  if (value instanceof EnvironmentVariable) return `$${value.name}`;
  const inner = `${indent}  `;
  if (isList(value)) {
    if (value.length === 0) return '[]';
    return `[\n${value.map((item) => `${inner}${renderValue(item, inner)}\n`).join('')}${indent}]`;
  }
  return `{\n${renderConf(value, inner)}${indent}}`;
}

const ESCAPES: Readonly<Record<string, string>> = { '"': '\\"', '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** Escapes as the server does, which knows fewer forms than JSON; what is beyond ASCII stands for itself. */
function renderString(text: string): string {
  const escaped = text.replace(
    /["\\\p{Cc}]/gu,
    (character) => ESCAPES[character] ?? [...Buffer.from(character)].map(hexadecimal).join(''),
  );
  return `"${escaped}"`;
}

const hexadecimal = (byte: number): string => `\\x${byte.toString(16).padStart(2, '0')}`;

function renderNumber(value: number): string {
  const text = String(value);
  if (!/^-?\d+(\.\d+)?$/.test(text)) throw new UnrenderableError(`the number ${text} can't be written`);
  return text;
}

const isList = (value: ConfValue): value is readonly ConfValue[] => Array.isArray(value);

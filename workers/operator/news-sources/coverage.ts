// Whether an object is what it is to be. Pure.

/**
 * Whether all that is wanted of a value is so; what is wanted nothing of may be anything, for the API server fills in defaults.
 * Lists of what has names are compared by them; other lists are compared whole.
 */
export function covers(actual: unknown, wanted: unknown): boolean {
  if (Array.isArray(wanted)) {
    if (!Array.isArray(actual)) return false;
    if (wanted.length > 0 && wanted.every(isNamed)) {
      return wanted.every((item) =>
        actual.filter(isNamed).some((other) => other.name === item.name && covers(other, item)),
      );
    }
    return actual.length === wanted.length && wanted.every((item, index) => covers(actual[index], item));
  }
  if (typeof wanted !== 'object' || wanted === null) return actual === wanted;
  if (typeof actual !== 'object' || actual === null) return false;
  const fields = actual as Readonly<Record<string, unknown>>;
  return Object.entries(wanted).every(([name, value]) => covers(fields[name], value));
}

const isNamed = (value: unknown): value is { readonly name: string } =>
  typeof value === 'object' && value !== null && typeof (value as { name?: unknown }).name === 'string';

// The part of the Reflect metadata API that @peculiar/x509's dependency container needs; import it before that library.

const metadata = new WeakMap<object, Map<unknown, unknown>>();

function getOwnMetadata(key: unknown, target: object): unknown {
  return metadata.get(target)?.get(key);
}

function getMetadata(key: unknown, target: object): unknown {
  for (let object: object | null = target; object !== null; object = Object.getPrototypeOf(object)) {
    const values = metadata.get(object);
    if (values?.has(key)) return values.get(key);
  }
  return undefined;
}

function defineMetadata(key: unknown, value: unknown, target: object): void {
  const values = metadata.get(target) ?? new Map<unknown, unknown>();
  metadata.set(target, values.set(key, value));
}

// A complete implementation that something else has loaded stays.
if (!('getMetadata' in Reflect)) Object.assign(Reflect, { getOwnMetadata, getMetadata, defineMetadata });

import { describe, expect, it } from 'vitest';
import type { Schema } from './custom-resource.ts';
import { DEFAULT_BEHAVIOR, DEFAULT_MIN_REPLICAS } from './worker-scaler.ts';
import { WORKER_SCALER_CRD } from './worker-scaler-crd.ts';

const [version] = WORKER_SCALER_CRD.spec.versions;
const root: Schema = version.schema.openAPIV3Schema;

/** Every schema, by its path. */
function walk(schema: Schema, path: string): [string, Schema][] {
  const inner = Object.entries(schema.properties ?? {}).flatMap(([name, value]) => walk(value, `${path}.${name}`));
  return [[path, schema], ...inner, ...(schema.items ? walk(schema.items, `${path}[]`) : [])];
}
const all = walk(root, '');
const at = (path: string): Schema => {
  const found = all.find(([name]) => name === path);
  if (!found) throw new Error(`the schema has no ${path}`);
  return found[1];
};

describe('the CRD of WorkerScalers', () => {
  it.each(all)('describes %s for kubectl explain, and is structural there', (_, schema) => {
    expect(schema.description).toMatch(/^[A-Z].*\.$/s);
    if (schema.type === 'object') expect(Object.keys(schema.properties ?? {})).not.toEqual([]);
    else expect(schema.properties).toBeUndefined();
    expect(schema.items !== undefined).toBe(schema.type === 'array');
    expect(Object.keys(schema.properties ?? {})).toEqual(expect.arrayContaining([...(schema.required ?? [])]));
  });

  it('says the defaults that count', () => {
    expect(at('.spec.minReplicas').default).toBe(DEFAULT_MIN_REPLICAS);
    for (const [direction, rules] of Object.entries(DEFAULT_BEHAVIOR)) {
      const path = `.spec.behavior.${direction}`;
      expect(Object.keys(at(path).properties ?? {}).sort()).toEqual(Object.keys(rules).sort());
      for (const [name, value] of Object.entries(rules)) {
        if (name === 'policies') continue;
        expect(at(`${path}.${name}`).description).toMatch(new RegExp(` Default: ${value}\\.$`));
      }
      // A default that the API server wrote into objects would outlive a change of ours.
      expect(all.filter(([name, { default: value }]) => name.startsWith(path) && value !== undefined)).toEqual([]);
    }
    expect(at('.spec.behavior.scaleUp.policies').description).toContain('100% every 5 s or 4 Pods every 5 s');
  });

  it('shows columns that there are', () => {
    const paths = new Set(all.map(([path]) => path));
    for (const { jsonPath } of version.additionalPrinterColumns) {
      if (jsonPath.startsWith('.metadata.')) continue;
      expect(paths, jsonPath).toContain(jsonPath.replace(/\[\?.*\]/, '[]'));
    }
  });
});

// A schema in the registry is altered, and another deleted, behind the operator's back.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { waitFor } from '../../local/wait.ts';
import { OPERATOR } from '../../workers/contract/roles.ts';
import { SCHEMAS, type SchemaSpec, schemaSubject } from '../../workers/contract/schemas.ts';
import { readSchemas } from '../../workers/runtime/schema-plan.ts';
import { noteFigure } from './support/figures.ts';
import { Scenario } from './support/scenario.ts';

const REPAIR_TIMEOUT_MS = 30_000;

let scenario: Scenario;
beforeAll(async () => {
  scenario = await Scenario.open();
});
afterAll(() => scenario?.close());

describe('schema-altered', () => {
  it('is as it was registered within 30 seconds', async () => {
    const connection = await scenario.target.connect(OPERATOR);
    const isDeclared = async (): Promise<boolean> => {
      const stored = await readSchemas(connection);
      return SCHEMAS.every(
        ({ key, document }) => JSON.stringify(stored.get(key)?.states.at(-1)) === JSON.stringify(document),
      );
    };
    expect(await isDeclared()).toBe(true);
    const [altered, deleted] = SCHEMAS as [SchemaSpec, SchemaSpec];
    await connection.jetstream().publish(schemaSubject(altered), JSON.stringify({ type: 'object' }));
    await connection.jetstream().publish(schemaSubject(deleted), '');
    const startedAt = performance.now();
    await waitFor('the schemas to be as they were registered', REPAIR_TIMEOUT_MS, isDeclared);
    await noteFigure('schema_repair_seconds', Math.round((performance.now() - startedAt) / 10) / 100);
    const stored = await readSchemas(connection);
    expect(stored.get(altered.key)?.states.at(-2)).toEqual({ type: 'object' });
    expect(stored.get(deleted.key)?.states.at(-2)).toBeUndefined();
  });
});

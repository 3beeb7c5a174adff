import { expect, it } from 'vitest';
import { DEFAULT_BEHAVIOR, type WorkerScalerSpec } from '../../contract/worker-scaler.ts';
import { resolveSpec } from './spec.ts';
import { sampleSpec } from './testing/samples.ts';
import { validateSpec } from './validation.ts';

const wrong = (given: object): WorkerScalerSpec => ({ ...sampleSpec(), ...given }) as WorkerScalerSpec;
const down = (rules: object) => wrong({ behavior: { scaleDown: rules } });

it.each([
  ['the least', sampleSpec()],
  ['sleep', sampleSpec({ minReplicas: 0 })],
  ['lagPerReplica', sampleSpec({ lagPerReplica: 200 })],
  ['the default behaviour, written out', sampleSpec({ behavior: DEFAULT_BEHAVIOR })],
])('accepts %s', (_, spec) => {
  expect(validateSpec(spec)).toEqual([]);
});

it.each([
  [wrong({ target: { name: 'No_Name' } }), 'target.name is "No_Name"; allowed: the name of a Deployment'],
  [wrong({ stream: 'a.b' }), 'stream is "a.b"; allowed: the name of a stream'],
  [wrong({ consumer: '' }), 'consumer is ""; allowed: the name of a durable consumer'],
  [wrong({ minReplicas: -1 }), 'minReplicas is -1; allowed: a whole number, at least 0'],
  [wrong({ maxReplicas: 1.5 }), 'maxReplicas is 1.5; allowed: a whole number, at least 1'],
  [wrong({ maxReplicas: undefined }), 'maxReplicas is missing; allowed: a whole number, at least 1'],
  [wrong({ minReplicas: 11 }), 'minReplicas is 11, more than maxReplicas, which is 10'],
  [wrong({ batch: 0 }), 'batch is 0; allowed: a whole number, at least 1'],
  [wrong({ drainSeconds: 0 }), 'drainSeconds is 0; allowed: a whole number, at least 1'],
  [wrong({ drainSeconds: undefined }), 'neither of drainSeconds and lagPerReplica is set; allowed: exactly one'],
  [wrong({ lagPerReplica: 500 }), 'both of drainSeconds and lagPerReplica is set; allowed: exactly one'],
  [
    sampleSpec({ lagPerReplica: 199 }),
    'lagPerReplica is 199, less than the 2 batches of 100 that a replica holds: others would get nothing',
  ],
  [
    wrong({ minReplicas: 0, behavior: { scaleUp: { selectPolicy: 'Disabled' } } }),
    'behavior.scaleUp.selectPolicy is "Disabled" with minReplicas 0: nothing could wake the worker',
  ],
  [
    down({ stabilizationWindowSeconds: 3_601 }),
    'behavior.scaleDown.stabilizationWindowSeconds is 3601; allowed: a whole number from 0 to 3600',
  ],
  [down({ selectPolicy: 'Some' }), 'behavior.scaleDown.selectPolicy is "Some"; allowed: Max, Min, Disabled'],
  [down({ tolerance: 1 }), 'behavior.scaleDown.tolerance is 1; allowed: at least 0, less than 1'],
  [down({ policies: [] }), 'behavior.scaleDown.policies is empty; allowed: one or more policies, or none given'],
  [
    down({ policies: [{ type: 'Nodes', value: 1, periodSeconds: 1 }] }),
    'behavior.scaleDown.policies[0].type is "Nodes"; allowed: Pods, Percent',
  ],
])('refuses %#', (spec, problem) => {
  expect(validateSpec(spec)).toEqual([problem]);
});

it('lists everything at once', () => {
  const policies = [{ type: 'Pods', value: 0, periodSeconds: 1_801 }];
  expect(validateSpec(wrong({ maxReplicas: 0, minReplicas: 0, behavior: { scaleUp: { policies } } }))).toEqual([
    'maxReplicas is 0; allowed: a whole number, at least 1',
    'behavior.scaleUp.policies[0].value is 0; allowed: a whole number, at least 1',
    'behavior.scaleUp.policies[0].periodSeconds is 1801; allowed: a whole number from 1 to 1800',
  ]);
});

it('fills in what is left open, field by field', () => {
  const resolved = resolveSpec(sampleSpec({ behavior: { scaleDown: { stabilizationWindowSeconds: 5 } } }));
  expect(resolved).toEqual({
    minReplicas: 1,
    maxReplicas: 10,
    goal: { kind: 'drain', seconds: 30 },
    batch: 100,
    scaleUp: DEFAULT_BEHAVIOR.scaleUp,
    scaleDown: { ...DEFAULT_BEHAVIOR.scaleDown, stabilizationWindowSeconds: 5 },
  });
});

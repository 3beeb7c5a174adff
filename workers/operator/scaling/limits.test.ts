// What keeps a decision from what is wanted: a table of situations.
import { NO_STATE } from './state.ts';
import { changed, percent, pods, recommended, sampleReading } from './testing/samples.ts';
import { checkTable, lag, remembering, unknown } from './testing/situations.ts';

checkTable('bounds', [
  ['bring back what was set too high by hand', 25, { reading: lag(9e6) }, 10, 'OutOfBounds'],
  ['bring back what was set too low by hand', 0, {}, 1, 'OutOfBounds'],
  ['hold for unknown readings too', 25, { reading: unknown('missing') }, 10, 'OutOfBounds'],
  [
    'go no further than max_ack_pending feeds',
    2,
    { reading: { ...sampleReading({ pending: 90_000 }), maxAckPending: 350 } },
    4,
    'AboveTarget',
    'maxAckPending',
  ],
  [
    'leave at least one to be fed',
    1,
    { reading: { ...sampleReading({ pending: 90_000 }), maxAckPending: 1 } },
    1,
    'AboveTarget',
    'maxAckPending',
  ],
  [
    'leave the minimum that was asked for',
    5,
    { reading: { ...sampleReading({ pending: 90_000 }), maxAckPending: 200 }, spec: { minReplicas: 4 } },
    4,
    'AboveTarget',
    'minReplicas',
  ],
  [
    'know consumers without a limit',
    8,
    { reading: { ...sampleReading({ pending: 90_000 }), maxAckPending: undefined } },
    10,
    'AboveTarget',
  ],
]);

checkTable('stabilisation', [
  [
    'keeps the highest of a minute on the way down',
    9,
    { reading: lag(9_000), state: remembering({ recommendations: recommended([61, 8], [50, 6], [1, 2]) }) },
    6,
    'BelowTarget',
    'scaleDownStabilization',
  ],
  [
    'has forgotten what is older',
    9,
    { reading: lag(9_000), state: remembering({ recommendations: recommended([61, 8]) }) },
    2,
    'BelowTarget',
  ],
  [
    'keeps the lowest on the way up, where it is wanted',
    2,
    {
      reading: lag(54_000),
      spec: { behavior: { scaleUp: { stabilizationWindowSeconds: 30 } } },
      state: remembering({ recommendations: recommended([29, 3], [5, 5]) }),
    },
    3,
    'AboveTarget',
    'scaleUpStabilization',
  ],
  [
    'holds what it finds at the start',
    6,
    { reading: lag(200), state: () => NO_STATE },
    6,
    'BelowTarget',
    'scaleDownStabilization',
  ],
  [
    'holds what another hand has set',
    6,
    { reading: lag(9_000), state: remembering({ seen: 3, decided: 3 }) },
    6,
    'BelowTarget',
    'scaleDownStabilization',
  ],
]);

checkTable('policies', [
  ['double or add four, whichever is more', 1, { reading: lag(90_000) }, 5, 'AboveTarget', 'scaleUpPolicy'],
  [
    'count what was added in their period',
    5,
    { reading: lag(90_000), state: remembering({ changes: changed([4, 4]) }) },
    5,
    'AboveTarget',
    'scaleUpPolicy',
  ],
  [
    'begin anew after it',
    5,
    { reading: lag(90_000), state: remembering({ changes: changed([6, 4]) }) },
    10,
    'AboveTarget',
  ],
  [
    'count a change of another hand',
    5,
    { reading: lag(90_000), state: remembering({ seen: 1 }) },
    5,
    'AboveTarget',
    'scaleUpPolicy',
  ],
  [
    'may ask for the smallest step',
    4,
    {
      reading: lag(90_000),
      spec: { behavior: { scaleUp: { policies: [pods(1), percent(100)], selectPolicy: 'Min' } } },
    },
    5,
    'AboveTarget',
    'scaleUpPolicy',
  ],
  [
    'may forbid to scale up',
    2,
    { reading: lag(90_000), spec: { behavior: { scaleUp: { selectPolicy: 'Disabled' } } } },
    2,
    'AboveTarget',
    'scaleUpPolicy',
  ],
  [
    'may forbid to scale down',
    5,
    { spec: { behavior: { scaleDown: { selectPolicy: 'Disabled' } } } },
    5,
    'Idle',
    'scaleDownPolicy',
  ],
  [
    'take the largest step down',
    10,
    { spec: { behavior: { scaleDown: { policies: [pods(2), percent(50)] } } } },
    5,
    'Idle',
    'scaleDownPolicy',
  ],
  [
    'take the smallest where it is wanted',
    10,
    { spec: { behavior: { scaleDown: { policies: [pods(2), percent(50)], selectPolicy: 'Min' } } } },
    8,
    'Idle',
    'scaleDownPolicy',
  ],
  [
    'count what was removed in their period',
    6,
    {
      spec: { behavior: { scaleDown: { policies: [pods(5)] } } },
      state: remembering({ changes: changed([10, -4]) }),
    },
    5,
    'Idle',
    'scaleDownPolicy',
  ],
]);

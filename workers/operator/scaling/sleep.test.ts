// How a worker falls asleep and wakes, where minReplicas is 0.
import { NO_STATE } from './state.ts';
import { percent, recommended } from './testing/samples.ts';
import { checkTable, lag, remembering } from './testing/situations.ts';

checkTable('sleep', [
  ['comes when nothing is left', 2, { spec: { minReplicas: 0 } }, 0, 'Idle'],
  [
    'waits for the whole window',
    2,
    { spec: { minReplicas: 0 }, state: remembering({ recommendations: recommended([59, 1]) }) },
    1,
    'Idle',
    'scaleDownStabilization',
  ],
  ['waits for work in hand', 1, { spec: { minReplicas: 0 }, reading: lag(0, 1) }, 1, 'OnTarget'],
  [
    'waits for a window to be seen at all',
    2,
    { spec: { minReplicas: 0 }, state: () => NO_STATE },
    2,
    'Idle',
    'scaleDownStabilization',
  ],
  ['goes on when nothing comes', 0, { spec: { minReplicas: 0 } }, 0, 'Idle'],
  ['ends with the first message', 0, { spec: { minReplicas: 0 }, reading: lag(1) }, 1, 'Woken'],
  ['ends with as many as are needed', 0, { spec: { minReplicas: 0 }, reading: lag(27_000) }, 3, 'Woken'],
  [
    'ends whatever the window',
    0,
    {
      spec: { minReplicas: 0, behavior: { scaleUp: { stabilizationWindowSeconds: 300 } } },
      reading: lag(27_000),
      state: remembering({ recommendations: recommended([60, 0], [1, 0]) }),
    },
    1,
    'Woken',
    'scaleUpStabilization',
  ],
  [
    'ends whatever the policy',
    0,
    { spec: { minReplicas: 0, behavior: { scaleUp: { policies: [percent(100)] } } }, reading: lag(1) },
    1,
    'Woken',
  ],
]);

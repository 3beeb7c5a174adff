// What is decided by the lag, and why: a table of situations.
import { NOW_MS, sampleReading } from './testing/samples.ts';
import { checkTable, lag, standing, unknown, unmeasured } from './testing/situations.ts';

checkTable('the lag', [
  ['asks for what drains it in time', 1, { reading: lag(27_000) }, 3, 'AboveTarget'],
  ['counts work in hand', 1, { reading: lag(26_000, 1_000) }, 3, 'AboveTarget'],
  ['within the tolerance changes nothing', 3, { reading: lag(29_000) }, 3, 'OnTarget'],
  ['beyond the tolerance does', 3, { reading: lag(30_000) }, 4, 'AboveTarget'],
  ['is followed down', 6, { reading: lag(27_000) }, 4, 'BelowTarget'],
  ['is not followed to where it would be too much again', 4, { reading: lag(27_000) }, 4, 'OnTarget'],
  [
    'under the target asks for the minimum',
    5,
    { reading: lag(1), spec: { minReplicas: 2 } },
    2,
    'BelowTarget',
    'minReplicas',
  ],
  ['beyond all measure asks for the maximum', 8, { reading: lag(9e6) }, 10, 'AboveTarget', 'maxReplicas'],
  ['none leaves the minimum', 3, {}, 1, 'Idle', 'minReplicas'],
]);

checkTable('lagPerReplica', [
  ['is divided by', 1, { reading: lag(900), spec: { lagPerReplica: 300 } }, 3, 'AboveTarget'],
  ['needs no measurement', 1, { reading: lag(900), spec: { lagPerReplica: 300 }, state: unmeasured }, 3, 'AboveTarget'],
  ['within the tolerance changes nothing', 3, { reading: lag(960), spec: { lagPerReplica: 300 } }, 3, 'OnTarget'],
]);

checkTable('a speed not measured yet', [
  ['takes a replica for two batches', 1, { reading: lag(900), state: unmeasured }, 5, 'AboveTarget'],
  ['leaves time to measure', 1, { reading: lag(20_000), state: unmeasured }, 5, 'AboveTarget', 'scaleUpPolicy'],
]);

checkTable('an unknown reading', [
  ['that failed holds', 4, { reading: unknown('failed') }, 4, 'ReadingUnknown'],
  ['of a missing consumer never goes to the maximum', 1, { reading: unknown('missing') }, 1, 'ReadingUnknown'],
  ['of a paused consumer holds', 4, { reading: unknown('paused') }, 4, 'ReadingUnknown'],
  ['that took too long holds', 4, { reading: unknown('late') }, 4, 'ReadingUnknown'],
  ['of somebody else than the leader holds', 4, { reading: unknown('leaderless') }, 4, 'ReadingUnknown'],
  [
    'is what an old one has become',
    4,
    { reading: sampleReading({ atMs: NOW_MS - 6_000, pending: 9e6 }) },
    4,
    'ReadingUnknown',
  ],
  ['does not wake', 0, { reading: unknown('failed'), spec: { minReplicas: 0 } }, 0, 'ReadingUnknown'],
]);

checkTable('a standstill', [
  ['is no reason for more', 2, { reading: lag(90_000), state: standing(40) }, 2, 'Standstill'],
  ['is no reason for fewer', 8, { reading: lag(9_000), state: standing(40) }, 8, 'Standstill'],
  ['is not one message in retry', 8, { reading: lag(0, 1), state: standing(40) }, 1, 'BelowTarget'],
  ['must have lasted', 1, { reading: lag(27_000), state: standing(20) }, 3, 'AboveTarget'],
  [
    'ends with the first acknowledgement',
    1,
    { reading: sampleReading({ pending: 27_000, delivered: 1_001, ackFloor: 1_001 }), state: standing(40) },
    3,
    'AboveTarget',
  ],
]);

checkTable('a drain under way', [
  [
    'keeps its replicas to its end',
    5,
    {
      reading: lag(9_000),
      state: (sample) => ({
        ...sample,
        measurement: {
          ...sample.measurement,
          last: sampleReading({ atMs: NOW_MS - 1_000, pending: 10_000, delivered: 500, ackFloor: 500 }),
          peakLag: 40_000,
        },
      }),
    },
    5,
    'OnTarget',
  ],
]);

checkTable('an invalid spec', [
  ['holds, bounds or not', 25, { spec: { maxReplicas: 0 }, reading: lag(9e6) }, 25, 'InvalidSpec'],
]);

// Specs, readings and memories for tests: sound ones, of which each test changes what it is about.

import type { WorkerScalerSpec } from '../../../contract/worker-scaler.ts';
import { History } from '../history.ts';
import { NO_MEASUREMENT } from '../measurement.ts';
import type { KnownReading } from '../reading.ts';
import { NO_STATE, type ScalerState } from '../state.ts';

export const NOW_MS = 1_767_225_600_000;

/** Drains in 30 s with one to ten replicas, unless told otherwise. */
export const sampleSpec = (given: Partial<WorkerScalerSpec> = {}): WorkerScalerSpec => ({
  target: { name: 'news-creator' },
  stream: 'NEWS',
  consumer: 'news-creator',
  maxReplicas: 10,
  batch: 100,
  ...(given.lagPerReplica === undefined ? { drainSeconds: 30 } : {}),
  ...given,
});

/** An idle consumer that feeds ten replicas. */
export const sampleReading = (given: Partial<KnownReading> = {}): KnownReading => ({
  status: 'known',
  atMs: NOW_MS,
  tookMs: 2,
  createdAtMs: NOW_MS - 3_600_000,
  pending: 0,
  ackPending: 0,
  redelivered: 0,
  delivered: 1_000,
  deliveredSequence: 1_000,
  ackFloor: 1_000,
  waiting: 0,
  maxAckPending: 2_000,
  ...given,
});

/** The memory of a scaler that has been at work: a replica acknowledges 300/s. */
export const sampleState = (replicas: number, given: Partial<ScalerState> = {}): ScalerState => ({
  ...NO_STATE,
  measurement: { ...NO_MEASUREMENT, rate: { sum: 300, weight: 1, span: undefined } },
  seen: replicas,
  decided: replicas,
  ...given,
});

/** A history of what was recommended so many seconds ago, the oldest first. */
export const recommended = (...entries: readonly (readonly [agoSeconds: number, replicas: number])[]) =>
  new History(entries.map(([ago, replicas]) => ({ atMs: NOW_MS - ago * 1_000, replicas })));

/** A history of how the replicas changed so many seconds ago, the oldest first. */
export const changed = (...entries: readonly (readonly [agoSeconds: number, change: number])[]) =>
  new History(entries.map(([ago, change]) => ({ atMs: NOW_MS - ago * 1_000, change })));

export const pods = (value: number, periodSeconds = 60) => ({ type: 'Pods', value, periodSeconds }) as const;
export const percent = (value: number, periodSeconds = 60) => ({ type: 'Percent', value, periodSeconds }) as const;

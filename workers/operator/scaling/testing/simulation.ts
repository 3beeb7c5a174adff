// A queue, workers that take batches from it and Pods that need time to start, under the decisions of the operator.

import type { WorkerScalerSpec } from '../../../contract/worker-scaler.ts';
import { type Decision, decide } from '../decision.ts';
import type { KnownReading, Reading } from '../reading.ts';
import { NO_STATE, type ScalerState } from '../state.ts';
import type { Random } from './random.ts';

const STEP_MS = 100;
const DECISION_EVERY_MS = 1_000;
/** 2026-01-01, so that no time is 0. */
const START_MS = 1_767_225_600_000;

/** What is simulated. Times count from the start of the simulation. */
export interface SimulationOptions {
  readonly spec: WorkerScalerSpec;
  readonly random: Random;
  /** Messages that one replica acknowledges per second at a time. */
  readonly speed: (timeMs: number) => number;
  /** Messages that arrive per second at a time. @default none */
  readonly arrivals?: (timeMs: number) => number;
  /** Replicas, all ready. @default 1 */
  readonly replicas?: number;
  /** @default what feeds `maxReplicas` */
  readonly maxAckPending?: number;
  /** Replaces what the operator reads. @default the truth */
  readonly distort?: (reading: KnownReading, timeMs: number) => Reading;
}

/** One replica: it holds two batches at most and acknowledges one as a whole when it has worked through it. */
interface Pod {
  readonly readyAtMs: number;
  /** Messages of the batch in work. */
  hand: number;
  /** How many of them are worked through. */
  worked: number;
}

/** A change of the replicas. */
export interface Step {
  readonly timeMs: number;
  readonly from: number;
  readonly to: number;
  readonly decision: Decision;
}

export class Simulation {
  readonly #options: SimulationOptions;
  readonly #pods: Pod[] = [];
  readonly steps: Step[] = [];
  state: ScalerState = NO_STATE;
  decision: Decision | undefined;
  timeMs = 0;
  /** Messages that are not acknowledged. */
  queue = 0;
  #created = 0;
  #acknowledged = 0;
  #arriving = 0;

  constructor(options: SimulationOptions) {
    this.#options = options;
    for (let pod = 0; pod < (options.replicas ?? 1); pod += 1) this.#pods.push({ readyAtMs: 0, hand: 0, worked: 0 });
  }

  get replicas(): number {
    return this.#pods.length;
  }

  /** Messages appear all at once. */
  flood(messages: number): void {
    this.queue += messages;
  }

  /** Deletes the consumer and creates it again: it counts from 0. */
  recreate(): void {
    this.#created += 1;
    this.#acknowledged = 0;
  }

  /** Goes on for so many seconds. */
  run(seconds: number): void {
    this.runUntil(() => false, seconds);
  }

  /** Goes on until something holds, looked at every second, for so many seconds at most; returns the seconds that it took. */
  runUntil(holds: () => boolean, seconds: number): number {
    const start = this.timeMs;
    while (this.timeMs < start + seconds * 1_000 && !holds()) {
      this.#decide();
      for (let step = 0; step < DECISION_EVERY_MS / STEP_MS; step += 1) this.#advance();
    }
    return (this.timeMs - start) / 1_000;
  }

  /** What the consumer's leader would say. */
  reading(): KnownReading {
    const { spec } = this.#options;
    const ready = this.#ready();
    const maxAckPending = this.#options.maxAckPending ?? 2 * spec.batch * spec.maxReplicas;
    const ackPending = Math.min(this.queue, 2 * spec.batch * ready.length, maxAckPending);
    return {
      status: 'known',
      atMs: START_MS + this.timeMs,
      tookMs: 2,
      createdAtMs: START_MS + this.#created,
      pending: this.queue - ackPending,
      ackPending,
      redelivered: 0,
      delivered: this.#acknowledged + ackPending,
      deliveredSequence: this.#acknowledged + ackPending,
      ackFloor: this.#acknowledged,
      waiting: this.queue > ackPending ? 0 : ready.length,
      maxAckPending,
    };
  }

  #ready(): Pod[] {
    return this.#pods.filter(({ readyAtMs }) => readyAtMs <= this.timeMs);
  }

  #advance(): void {
    const { spec, speed, arrivals } = this.#options;
    this.#arriving += ((arrivals?.(this.timeMs) ?? 0) * STEP_MS) / 1_000;
    this.queue += Math.floor(this.#arriving);
    this.#arriving -= Math.floor(this.#arriving);
    const ready = this.#ready();
    for (const pod of ready) {
      pod.worked += (speed(this.timeMs) * STEP_MS) / 1_000;
      while (pod.hand === 0 || pod.worked >= pod.hand) {
        this.queue -= pod.hand;
        this.#acknowledged += pod.hand;
        pod.worked = Math.max(0, pod.worked - pod.hand);
        const inHand = ready.reduce((sum, { hand }) => sum + hand, 0) - pod.hand;
        pod.hand = Math.min(spec.batch, this.queue - inHand);
        if (pod.hand > 0) continue;
        pod.worked = 0;
        break;
      }
    }
    this.timeMs += STEP_MS;
  }

  #decide(): void {
    const { spec, distort } = this.#options;
    const truth = this.reading();
    const replicas = this.#pods.length;
    const decision = decide({
      spec,
      reading: distort?.(truth, this.timeMs) ?? truth,
      replicas,
      readyReplicas: this.#ready().length,
      nowMs: truth.atMs,
      state: this.state,
    });
    this.state = decision.state;
    this.decision = decision;
    if (decision.replicas === replicas) return;
    this.steps.push({ timeMs: this.timeMs, from: replicas, to: decision.replicas, decision });
    // The youngest go first; what they have in hand they give back.
    this.#pods.splice(decision.replicas);
    while (this.#pods.length < decision.replicas) {
      const startupMs = this.#options.random.whole(30, 100) * 100;
      this.#pods.push({ readyAtMs: this.timeMs + startupMs, hand: 0, worked: 0 });
    }
  }
}

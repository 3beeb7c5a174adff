// The sentences of decisions: what is to be done and at which speed, for people who look at a scaler or its Events.
import type { Figures } from './demand.ts';
import type { KnownReading } from './reading.ts';

/** Such as `1200 messages (1100 pending, 100 in hand), 40/s arriving, 300/s by one replica`. */
export function describeWork({ pending, ackPending }: KnownReading, { lag, arrivals, speed }: Figures): string {
  const messages = lag === 1 ? '1 message' : `${lag} messages`;
  const own = speed === undefined ? 'the speed of a replica not measured yet' : `${rounded(speed)}/s by one replica`;
  return `${messages} (${pending} pending, ${ackPending} in hand), ${rounded(arrivals)}/s arriving, ${own}`;
}

export const secondsOf = (ms: number): string => `${Math.round(ms / 1_000)} s`;

const rounded = (value: number): string => String(value < 10 ? Number(value.toFixed(2)) : Math.round(value));

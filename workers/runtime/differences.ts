// How what exists differs from what is declared. Pure.

/** A property that is not as declared. */
export interface Difference {
  readonly property: string;
  readonly actual: unknown;
  readonly declared: unknown;
  /** Whether the server can't change it without losing what is stored. */
  readonly immutable: boolean;
}

/** What no update can change: to change it, the stream or consumer must be deleted first. */
const IMMUTABLE = new Set([
  'storage',
  'retention',
  'sealed',
  'ack_policy',
  'deliver_policy',
  'replay_policy',
  'durable_name',
]);
/** Changes between a value and none turn a pull consumer into a push consumer or back. */
const IMMUTABLE_IN_PRESENCE = new Set(['deliver_subject', 'deliver_group']);

/** Compares the declared properties; what is not declared is the server's own business. */
export function differences(declared: object, actual: object): Difference[] {
  const properties = new Set([...Object.keys(declared), ...IMMUTABLE_IN_PRESENCE]);
  const have = actual as Record<string, unknown>;
  const want = declared as Record<string, unknown>;
  return [...properties]
    .filter((property) => !equal(want[property], have[property]))
    .map((property) => ({
      property,
      actual: have[property],
      declared: want[property],
      immutable:
        IMMUTABLE.has(property) ||
        (IMMUTABLE_IN_PRESENCE.has(property) && (want[property] === undefined) !== (have[property] === undefined)),
    }));
}

/** The server leaves out what is false, zero or empty. */
function equal(a: unknown, b: unknown): boolean {
  return JSON.stringify(a || undefined) === JSON.stringify(b || undefined);
}

/** Says a difference in words. */
export function describe(owner: string, { property, actual, declared }: Difference): string {
  return `${owner}: ${property} is ${JSON.stringify(actual) ?? 'not set'}, declared is ${JSON.stringify(declared) ?? 'none'}`;
}

// What panels are said by.
import type { Vector } from '../promql.ts';

/** What a panel asks Prometheus. */
export interface Query {
  readonly expr: Vector<never> | Vector<string> | string;
  /** Name of each series: a text with `{{label}}` in it; of a table's query, the heading of its column. */
  readonly legend: string;
  /** Of a table's column. @default the panel's */
  readonly unit?: string;
  /** Of a table's column. @default the panel's */
  readonly limits?: Limits;
  /** Of a table's column. @default the panel's */
  readonly texts?: Texts;
}

/**
 * Values that want attention, and that are wrong: from there upwards, or, where `wrong` is the smaller of the
 * two, below.
 */
export interface Limits {
  readonly attention: number;
  readonly wrong: number;
}

/** What stands for a value, such as `Yes` for 1, and whether that is as it should be. */
export type Texts = Readonly<Record<string, { readonly text: string; readonly good: boolean }>>;

export interface PanelSpec {
  /** `graph`: lines over time. `number`: the latest value, with its past behind it. `table`: the latest values, a row each. */
  readonly kind: 'graph' | 'number' | 'table';
  readonly title: string;
  /** What it shows and what to make of it; behind the i of the panel. */
  readonly description: string;
  /** One of the SDK's units. */
  readonly unit: string;
  readonly queries: readonly Query[];
  /** Of 24 columns. @default 4 for a number, 12 for anything else */
  readonly width?: number;
  /** Adds series up instead of laying them over each other. @default false */
  readonly stacked?: boolean;
  /** @default nothing is coloured */
  readonly limits?: Limits;
  /** @default the value */
  readonly texts?: Texts;
  /** Column of a table by which rows are sorted, the largest value first. @default as Prometheus tells them */
  readonly largestFirst?: string;
}

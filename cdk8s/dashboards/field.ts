// How values are shown, alike in panels and in the columns of tables.
import * as grafana from '@grafana/grafana-foundation-sdk/dashboard';
import type { Limits, Texts } from './panel-spec.ts';

const GOOD = 'green';
const ATTENTION = 'orange';
const WRONG = 'red';

/** Name of a query in its panel: A, B, and so on. */
export const refIdOf = (index: number): string => String.fromCharCode(65 + index);

/** Colours of values, from the lowest on. */
export function limitSteps({ limits }: { readonly limits?: Limits | undefined }): grafana.Threshold[] {
  if (!limits) return [{ value: null, color: 'text' }];
  const { attention, wrong } = limits;
  if (wrong >= attention) {
    return [
      { value: null, color: GOOD },
      { value: attention, color: ATTENTION },
      { value: wrong, color: WRONG },
    ];
  }
  return [
    { value: null, color: WRONG },
    { value: wrong, color: ATTENTION },
    { value: attention, color: GOOD },
  ];
}

export const textMappings = (texts: Texts): grafana.ValueMapping[] => [
  {
    type: grafana.MappingType.ValueToText,
    options: Object.fromEntries(
      Object.entries(texts).map(([value, { text, good }], index) => [
        value,
        { text, color: good ? GOOD : WRONG, index },
      ]),
    ),
  },
];

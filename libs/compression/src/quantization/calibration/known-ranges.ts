import type { QuantizeOptions } from '#contracts';
import type { Graph } from '#onnx';
import { UnknownValueError } from '../errors.js';
import { CalibrationDataError } from '../../errors.js';
import type { CalibratedRange } from './calibrate.js';

/** Ranges that the options bring with them, by value. */
export function knownRanges({ ranges }: Pick<QuantizeOptions, 'ranges'>): Map<string, CalibratedRange> {
  return new Map(ranges.map(({ value, min, max, saturation = 0 }) => [value, { min, max, saturation }]));
}

/** Throws UnknownValueError for a range of a value that none of the graphs has: it is another model's. */
export function checkKnownRanges(options: Pick<QuantizeOptions, 'ranges'>, graphs: readonly Graph[]): void {
  if (options.ranges.length === 0) return;
  const values = new Set(
    graphs.flatMap((graph) => [...graph.inputs.map(({ name }) => name), ...graph.nodes.flatMap((node) => node.output)]),
  );
  options.ranges.forEach(({ value }, i) => {
    if (!values.has(value)) throw new UnknownValueError(`ranges[${i}].value`, value, [...values]);
  });
}

/** The values whose range is still to be measured. Throws CalibrationDataError where there are some and no data. */
export function unknownValues(
  values: readonly string[],
  known: ReadonlyMap<string, CalibratedRange>,
  hasData: boolean,
): string[] {
  const unknown = values.filter((value) => !known.has(value));
  if (unknown.length === 0 || hasData) return unknown;
  const which =
    known.size === 0
      ? ''
      : `, and ranges has none for ${unknown
          .slice(0, 5)
          .map((value) => `"${value}"`)
          .join(', ')}${unknown.length > 5 ? ` and ${unknown.length - 5} more` : ''}`;
  throw new CalibrationDataError(
    `there is no data set${which}; submit the job with one, or use scheme dynamic, weightOnly or float16`,
  );
}

/** Throws CalibrationDataError for options that look at data, whatever ranges are known. */
export function refuseWithoutData({ smoothing, mixed }: Pick<QuantizeOptions, 'smoothing' | 'mixed'>): void {
  const option = smoothing !== undefined ? 'smoothing' : mixed && 'mixed';
  if (option)
    throw new CalibrationDataError(`${option} looks at activations; submit the job with a data set, or leave it out`);
}

import { entryFor, rangeSchemaOf, type Assignment, type SweepStep } from '#contracts';
import { modelSampler, type CostModel, type PartOption, type Parameter, type Sampler, type Value } from '#search';
import type { SweepPlan } from './sweep-plan.js';

/** What analyze has measured of a layer: the signal to noise of the outputs at each width, dB; null without noise, undefined where they are not finite. */
export interface AnalyzedWidths {
  node: string;
  elements: number;
  widths: readonly { bits: number; outputSnrDb?: number | null }[];
}

/** A parameter that sets the widths of layers, and these. */
interface WidthPart {
  parameter: Parameter & { kind: 'choice' };
  layers: AnalyzedWidths[];
}

/** A model of a space in which layers of one model get fewer bits. */
export interface WidthModel {
  parts: readonly WidthPart[];
  model: CostModel;
}

/** Share of the trials that the model's front is worth, and trials that are enough for it. */
const SHARE = 1 / 3;
const MOST = 30;

/**
 * The model of a sweep over the widths of layers: bytes are computed, noise at the outputs is what analyze measured of each layer alone, added up as
 * that of independent sources. Null where no parameter sets widths that were measured: there is nothing to begin with then.
 */
export function widthModel(plan: SweepPlan, layers: readonly AnalyzedWidths[]): WidthModel | null {
  const parts = plan.space.parameters.flatMap((parameter): WidthPart[] => {
    const own = layers.filter(({ node }) => parameterOf(plan, node) === parameter.name);
    return parameter.kind === 'choice' && own.length > 0 && isMeasured(own, parameter.values)
      ? [{ parameter, layers: own }]
      : [];
  });
  if (parts.length === 0) return null;
  const options = parts.map(({ parameter, layers: own }) =>
    parameter.values.map((bits) => optionOf(own, Number(bits))),
  );
  return { parts, model: { parts: options, pairs: [] } };
}

/** Begins with the front that the model foresees; what the model says nothing of is spread over its values. Goes on by another sampler. */
export function widthSampler(
  plan: SweepPlan,
  { parts, model }: WidthModel,
  trials: number,
  afterwards: Sampler,
): Sampler {
  const worst = (figure: (option: PartOption) => number) =>
    model.parts.reduce((sum, options) => sum + Math.max(...options.map(figure)), 0);
  let turn = 0;
  const assign = (options: readonly number[]): Assignment => {
    turn += 1;
    return plan.space.assign((parameter) => {
      const at = parts.findIndex((part) => part.parameter.name === parameter.name);
      const value = parts[at]?.parameter.values[options[at] ?? 0];
      return value ?? spread(plan, parameter, turn);
    });
  };
  return modelSampler({
    model,
    assign,
    trials: Math.min(MOST, Math.max(1, Math.ceil(trials * SHARE))),
    reference: [1.1 * worst(({ cost }) => cost), 1.1 * worst(({ loss }) => loss)],
    afterwards,
  });
}

/** Values in turn (the golden ratio's sequence spreads evenly however many there are). */
function spread(plan: SweepPlan, parameter: Parameter, turn: number): Value {
  const alone = plan.space.parameters.map((other) => (other === parameter ? (turn * 0.618034) % 1 : 0));
  return (
    plan.space.at(alone)[parameter.name] ?? (parameter.kind === 'choice' ? (parameter.values[0] ?? 0) : parameter.min)
  );
}

/** The parameter that sets the width of a layer in the document's quantize step: its own entry of layerBits, else that of all. */
function parameterOf({ document, steps }: SweepPlan, node: string): string | null {
  const at = document.passes.findIndex(({ pass }) => pass === 'quantize');
  const step = document.passes[at];
  if (!step) return null;
  const widths = recordOf(step);
  const key = Object.keys(widths).find(
    (name) => entryFor({ [name]: true }, node) && entryFor(widths, node) === widths[name],
  );
  const value = key === undefined ? step.options['weightBits'] : widths[key];
  const path = key === undefined ? ['weightBits'] : ['layerBits', key];
  return nameOf(value, [steps[at] ?? step.pass, ...path].join('.'));
}

function recordOf({ options }: SweepStep): Record<string, unknown> {
  const { layerBits } = options;
  return typeof layerBits === 'object' && layerBits !== null && !rangeSchemaOf(layerBits)
    ? (layerBits as Record<string, unknown>)
    : {};
}

/** The name of the parameter that a value of the document is, or repeats. */
function nameOf(value: unknown, place: string): string | null {
  if (typeof value === 'string') return value.startsWith('$') && !value.startsWith('$$') ? value.slice(1) : null;
  if (typeof value !== 'object' || value === null) return null;
  if ('sameAs' in value && typeof value.sameAs === 'string') return value.sameAs;
  const range = rangeSchemaOf(value)?.safeParse(value);
  return range?.success ? (range.data.name ?? place) : null;
}

const isMeasured = (layers: readonly AnalyzedWidths[], values: readonly Value[]): boolean =>
  layers.every(({ widths }) => values.every((value) => widths.some(({ bits }) => bits === value)));

/** Bytes of the layers' weights at a width, and the noise that they bring to the outputs, as a share of the signal. */
function optionOf(layers: readonly AnalyzedWidths[], bits: number): PartOption {
  return {
    cost: layers.reduce((sum, { elements }) => sum + (elements * bits) / 8, 0),
    loss: layers.reduce(
      (sum, { widths }) => sum + noiseOf(widths.find((width) => width.bits === bits)?.outputSnrDb),
      0,
    ),
  };
}

/** Outputs that are not finite are all noise. */
function noiseOf(snrDb: number | null | undefined): number {
  if (snrDb === null) return 0;
  return snrDb === undefined ? 1 : 10 ** (-snrDb / 10);
}

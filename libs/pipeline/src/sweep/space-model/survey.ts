import { AnalyzeOptions, PruneOptions, type Assignment } from '#contracts';
import { canonicalJson } from '../../canonical-json.js';
import type { SweepPlan } from '../sweep-plan.js';
import { stepsOf } from '../trial-recipe.js';
import { goesByShares } from './asked-of-parts.js';
import { measuresOf } from './measures.js';
import { evenly, partValues } from './part-values.js';

/** Widths that analyze can try, and shares that it tries at most. */
const WIDTHS: ReadonlySet<unknown> = new Set(AnalyzeOptions.shape.widths.unwrap().element.def.values);
const MOST_RATIOS = 50;

/** A stage of analyze as the records have it. */
export interface AnalyzedStage {
  options: Readonly<Record<string, unknown>>;
  summary: Readonly<Record<string, unknown>>;
}

/**
 * What is to be measured of a model once so that a sweep's trials can be foreseen: options of analyze. Null where neither
 * widths of layers nor shares of channels are searched. Options of prune that are searched themselves are taken at their
 * first values.
 */
export function surveyOf(plan: SweepPlan): AnalyzeOptions | null {
  const widths = valuesOf(plan, 'quantize', ({ weightBits = 8, layerBits }) => [weightBits, ...entriesOf(layerBits)]);
  const ratios = valuesOf(plan, 'prune', ({ ratio = 0.5, layerLimits, ...rest }) =>
    isByShares(rest) ? [ratio, ...entriesOf(layerLimits)] : [],
  );
  const tried = widths.all.filter((bits) => WIDTHS.has(bits));
  const isKnown = tried.length === widths.all.length;
  const shares = ratios.all.filter((ratio) => ratio > 0);
  if (!(widths.varies && isKnown) && !(ratios.varies && shares.length > 0)) return null;
  const channels = ratios.varies ? { channels: { ...scoringOf(plan), ratios: someOf(shares) } } : {};
  return AnalyzeOptions.parse({ widths: isKnown ? tried : [], activations: false, ...channels });
}

/** Whether an earlier analyze has measured all that a survey would. */
export function covers({ options, summary }: AnalyzedStage, survey: AnalyzeOptions): boolean {
  const earlier = AnalyzeOptions.safeParse(options).data;
  const { layers, channels } = measuresOf(summary);
  if (
    !earlier ||
    survey.widths.some((bits) => !layers.every(({ widths }) => widths.some((width) => width.bits === bits)))
  )
    return false;
  if (survey.widths.length > 0 && layers.length === 0) return false;
  if (!survey.channels) return true;
  if (!earlier.channels || !channels) return false;
  const ways = [earlier.channels, survey.channels].map(({ ratios: _ratios, pairs: _pairs, ...way }) =>
    canonicalJson(way),
  );
  return ways[0] === ways[1] && survey.channels.ratios.every((ratio) => earlier.channels?.ratios.includes(ratio));
}

interface Values {
  /** Numbers in ascending order, each once. */
  all: number[];
  /** Whether the sweep searches any of them. */
  varies: boolean;
}

/** Numbers at places of the first step of a pass, over the values of each parameter while the others are at their first. */
function valuesOf(plan: SweepPlan, pass: string, read: (options: Record<string, unknown>) => unknown[]): Values {
  const found = new Set<number>();
  const looks = new Set<string>();
  for (const assignment of singles(plan)) {
    const step = stepsOf(plan, assignment).find((one) => one.pass === pass);
    const values = step ? read(step.options) : [];
    looks.add(JSON.stringify(values));
    for (const value of values) if (typeof value === 'number') found.add(value);
  }
  return { all: [...found].toSorted((a, b) => a - b), varies: looks.size > 1 };
}

/** The first assignment, and each that differs from it in one parameter; conditions are met by what they ask for. */
function* singles({ space }: SweepPlan): Generator<Assignment> {
  yield space.at([]);
  for (const parameter of space.parameters) {
    const asked = new Map((parameter.when ?? []).map((condition) => [condition.parameter, condition.in[0]]));
    for (const value of partValues(parameter))
      yield space.assign((other) =>
        other === parameter ? value : (asked.get(other.name) ?? firstOf(partValues(other))),
      );
  }
}

const firstOf = <T>(values: readonly T[]): T => values[0] as T;

const entriesOf = (record: unknown): unknown[] =>
  typeof record === 'object' && record !== null ? Object.values(record) : [];

function isByShares(options: Record<string, unknown>): boolean {
  const parsed = PruneOptions.safeParse(options).data;
  return parsed !== undefined && goesByShares(parsed);
}

/** How prune chooses channels, as the first assignment that prunes has it. */
function scoringOf(plan: SweepPlan) {
  for (const assignment of singles(plan)) {
    const options = stepsOf(plan, assignment).find(({ pass }) => pass === 'prune')?.options;
    const parsed = PruneOptions.safeParse(options).data;
    if (!parsed || !goesByShares(parsed)) continue;
    const { importance, samples, groupWeights, multipleOf, exclude } = parsed;
    return { importance, samples, groupWeights, multipleOf, exclude };
  }
  return {};
}

const someOf = (values: readonly number[]): number[] =>
  evenly(Math.min(values.length, MOST_RATIOS), values.length - 1).map((at) => firstOf(values.slice(at)));

import { paretoFront } from '../fronts/front.js';
import {
  evaluateOptions,
  sumOf,
  type Coupling,
  type CostModel,
  type ModelPoint,
  type PartOption,
} from './cost-model.js';
import { knapsack } from './knapsack.js';

/** Rounds of exchanges of single parts; most points settle in two or three. */
const ROUNDS = 20;

/**
 * The trade-off between cost and loss that a model foresees, ascending in cost. For each of `count` budgets the integer
 * program over what each part costs alone, exact up to the budget's resolution; from each of its answers, exchanges of one
 * part and of coupled pairs that lower the loss within the budget, and others that lower loss + price · cost (Everett
 * 1963), the price rising from answer to answer.
 */
export function modelFront(model: CostModel, count = 64): ModelPoint[] {
  const indexed = indexedModel(model);
  const points = new Map<string, ModelPoint>();
  const keep = (point: ModelPoint) => points.set(point.options.join(), point);
  for (const parts of programs(indexed)) {
    const starts = knapsack(parts, count).map((options) => evaluateOptions(model, options));
    starts.forEach((start) => keep(exchange(indexed, start, 0)));
    prices(starts).forEach((price, i) => keep(exchange(indexed, starts[i]!, price)));
  }
  const found = [...points.values()];
  const onFront = paretoFront(found.map(({ cost, loss }) => [cost, loss]));
  return onFront.map((i) => found[i]!).sort((a, b) => a.cost - b.cost);
}

/** A model with the couplings of each part, and the pairs of parts that are coupled. */
interface IndexedModel extends CostModel {
  ofPart: readonly (readonly Coupling[])[];
  pairs: readonly (readonly [number, number])[];
}

function indexedModel(model: CostModel): IndexedModel {
  const ofPart = model.parts.map((_, part) => model.couplings.filter(({ parts }) => parts.includes(part)));
  const pairs = new Map<string, [number, number]>();
  for (const { parts } of model.couplings)
    parts.forEach((first, i) =>
      parts.slice(i + 1).forEach((second) => pairs.set(`${first},${second}`, [first, second])),
    );
  return { ...model, ofPart, pairs: [...pairs.values()] };
}

/**
 * The integer programs that stand for a model: what an option costs alone, the couplings of its part included, while all
 * others stay at the options of least cost, or at those of least loss. One where nothing is coupled.
 */
function programs(model: IndexedModel): PartOption[][][] {
  if (model.couplings.length === 0) return [model.parts.map((part) => [...part])];
  const bases = (['cost', 'loss'] as const).map((figure) => least(model, figure));
  return bases.map((base) => model.parts.map((_, part) => around(model, base, part)));
}

/** Options that are least in a figure, part by part from the first option of each. */
function least(model: IndexedModel, figure: keyof PartOption): number[] {
  const options = model.parts.map(() => 0);
  for (const part of model.parts.keys()) {
    const figures = around(model, options, part).map((option) => option[figure]);
    options[part] = figures.indexOf(Math.min(...figures));
  }
  return options;
}

/** What each option of a part costs while the others stay. */
function around(model: IndexedModel, base: readonly number[], part: number): PartOption[] {
  const trial = [...base];
  return model.parts[part]!.map(({ cost, loss }, option) => {
    trial[part] = option;
    const together = sumOf(model.ofPart[part]!, trial);
    return { cost: cost + together.cost, loss: loss + together.loss };
  });
}

/** What a unit of cost is worth in loss around each point: the slope between its neighbours. */
function prices(points: readonly ModelPoint[]): number[] {
  return points.map((_, i) => {
    const before = points[Math.max(0, i - 1)]!;
    const after = points[Math.min(points.length - 1, i + 1)]!;
    if (after.cost <= before.cost) return 0;
    return Math.max(0, before.loss - after.loss) / (after.cost - before.cost);
  });
}

/**
 * Makes the best move of each part and pair in turn until none is left; at price 0 the cost stays within the start's,
 * else it is free.
 */
function exchange(model: IndexedModel, start: ModelPoint, price: number): ModelPoint {
  const options = [...start.options];
  let spare = price > 0 ? Infinity : 0;
  const single = [...model.parts.keys()].map((part) => [part]);
  const groups = [...single, ...model.pairs];
  for (let round = 0; round < ROUNDS; round++) {
    const moves = groups.map((parts) => {
      const move = bestMove(model, options, parts, price, spare);
      if (move) parts.forEach((part, i) => (options[part] = move.to[i]!));
      spare -= move?.cost ?? 0;
      return move;
    });
    if (moves.every((move) => !move)) break;
  }
  return evaluateOptions(model, options);
}

interface Move {
  to: readonly number[];
  /** What the move adds to the cost. */
  cost: number;
  /** What it leaves of loss + price · cost of the parts and what they are coupled to. */
  sum: number;
}

/** A gain smaller than rounding is none, or two settings of equal loss would be exchanged for ever. */
const LEAST_GAIN = 1e-12;

/**
 * Of all settings of one or two parts the one that lowers loss + price · cost most, at no more than `spare` of
 * additional cost.
 */
function bestMove(
  model: IndexedModel,
  options: readonly number[],
  parts: readonly number[],
  price: number,
  spare: number,
): Move | null {
  const couplings = [...new Set(parts.flatMap((part) => model.ofPart[part]!))];
  const trial = [...options];
  const now = (): PartOption => {
    const { cost, loss } = sumOf(couplings, trial);
    const chosen = parts.map((part) => model.parts[part]![trial[part]!]!);
    return {
      cost: chosen.reduce((sum, option) => sum + option.cost, cost),
      loss: chosen.reduce((sum, option) => sum + option.loss, loss),
    };
  };
  const before = now();
  let lowest = before.loss + price * before.cost - LEAST_GAIN;
  let best: Move | null = null;
  for (const to of settings(model, parts)) {
    parts.forEach((part, i) => (trial[part] = to[i]!));
    const { cost, loss } = now();
    if (cost - before.cost > spare) continue;
    const sum = loss + price * cost;
    if (sum < lowest) best = { to: [...to], cost: cost - before.cost, sum: (lowest = sum) };
  }
  return best;
}

/** Every setting of one or two parts. */
function* settings({ parts }: CostModel, [first = 0, second]: readonly number[]): Generator<readonly number[]> {
  for (const i of parts[first]!.keys()) {
    if (second === undefined) yield [i];
    else for (const j of parts[second]!.keys()) yield [i, j];
  }
}

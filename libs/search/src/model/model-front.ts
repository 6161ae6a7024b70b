import { paretoFront } from '../fronts/front.js';
import { evaluate, type CostModel, type ModelPoint } from './cost-model.js';
import { knapsack } from './knapsack.js';

/** Rounds of exchanges of single parts; most points settle in two or three. */
const ROUNDS = 20;

/**
 * The trade-off between cost and loss that a model foresees, ascending in cost. For each of `count` budgets the integer
 * program over single losses, exact up to the budget's resolution; from each of its answers, exchanges of one part and
 * of coupled pairs that lower the loss within the budget, and others that lower loss + price · cost (Everett 1963), the
 * price rising from answer to answer.
 */
export function modelFront(model: CostModel, count = 64): ModelPoint[] {
  const starts = knapsack(model.parts, count).map((options) => evaluate(model, options));
  const found = [
    ...starts.map((start) => exchange(model, start, 0)),
    ...prices(starts).map((price, i) => exchange(model, starts[i]!, price)),
  ];
  const points = [...new Map(found.map((point) => [point.options.join(), point])).values()];
  return paretoFront(points.map(({ cost, loss }) => [cost, loss]))
    .map((i) => points[i]!)
    .sort((a, b) => a.cost - b.cost);
}

/** What a unit of cost is worth in loss around each point: the slope between its neighbours. */
function prices(points: readonly ModelPoint[]): number[] {
  return points.map((_, i) => {
    const [before, after] = [points[Math.max(0, i - 1)]!, points[Math.min(points.length - 1, i + 1)]!];
    return after.cost > before.cost ? Math.max(0, before.loss - after.loss) / (after.cost - before.cost) : 0;
  });
}

/**
 * Makes the best move of each part and pair in turn until none is left; at price 0 the cost stays within the start's,
 * else it is free.
 */
function exchange(model: CostModel, start: ModelPoint, price: number): ModelPoint {
  const options = [...start.options];
  let spare = price > 0 ? Infinity : 0;
  const groups = [...model.parts.keys()]
    .map((part) => [part])
    .concat(model.pairs.map(({ first, second }) => [first, second]));
  for (let round = 0; round < ROUNDS; round++) {
    const moves = groups.map((parts) => {
      const move = bestMove(model, options, parts, price, spare);
      if (move) parts.forEach((part, i) => (options[part] = move.to[i]!));
      spare -= move?.cost ?? 0;
      return move;
    });
    if (moves.every((move) => !move)) break;
  }
  return evaluate(model, options);
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
  model: CostModel,
  options: readonly number[],
  parts: readonly number[],
  price: number,
  spare: number,
): Move | null {
  const pairs = model.pairs.filter(({ first, second }) => parts.includes(first) || parts.includes(second));
  const trial = [...options];
  const costNow = () => parts.reduce((sum, part) => sum + model.parts[part]![trial[part]!]!.cost, 0);
  const lossNow = () =>
    parts.reduce((sum, part) => sum + model.parts[part]![trial[part]!]!.loss, 0) +
    pairs.reduce((sum, pair) => sum + pair.loss(trial[pair.first]!, trial[pair.second]!), 0);
  const before = costNow();
  let least = lossNow() + price * before - LEAST_GAIN;
  let best: Move | null = null;
  for (const to of settings(model, parts)) {
    parts.forEach((part, i) => (trial[part] = to[i]!));
    const cost = costNow();
    if (cost - before > spare) continue;
    const sum = lossNow() + price * cost;
    if (sum < least) best = { to: [...to], cost: cost - before, sum: (least = sum) };
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

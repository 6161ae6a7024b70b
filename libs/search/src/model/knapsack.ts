import type { PartOption } from './cost-model.js';

/** Steps that the span of costs is cut into. */
const RESOLUTION = 2000;

/**
 * The multiple-choice knapsack problem for `count` budgets at once: one option of each part, least loss within the
 * budget, by dynamic programming over costs rounded up to 1/2000 of their span (Kellerer, Pferschy and Pisinger 2004,
 * section 11.5). Returns options by budget, from the least possible cost to the greatest.
 */
export function knapsack(parts: readonly (readonly PartOption[])[], count: number): number[][] {
  const least = parts.map((part) => Math.min(...part.map(({ cost }) => cost)));
  const most = parts.map((part) => Math.max(...part.map(({ cost }) => cost)));
  const span = most.reduce((sum, cost, i) => sum + cost - least[i]!, 0);
  const stepsFor = (more: number) => (span > 0 ? Math.ceil((more / span) * RESOLUTION - 1e-9) : 0);
  const steps = parts.map((part, i) => part.map(({ cost }) => stepsFor(cost - least[i]!)));
  const width = RESOLUTION + parts.length + 1;
  let losses = new Float64Array(width);
  const choices = parts.map((part, i) => {
    const next = new Float64Array(width).fill(Infinity);
    const choice = new Int32Array(width).fill(-1);
    part.forEach(({ loss }, option) => {
      for (let spent = steps[i]![option]!; spent < width; spent++) {
        const total = losses[spent - steps[i]![option]!]! + loss;
        if (total < next[spent]!) [next[spent], choice[spent]] = [total, option];
      }
    });
    losses = next;
    return choice;
  });
  const budgetAt = (share: number) => Math.round(share ** 2 * (width - 1));
  const budgets = Array.from({ length: count }, (_, i) => budgetAt(i / Math.max(1, count - 1)));
  return budgets.map((budget) => trace(choices, steps, budget));
}

function trace(choices: readonly Int32Array[], steps: readonly (readonly number[])[], budget: number): number[] {
  const options = Array<number>(choices.length).fill(0);
  let left = budget;
  for (let part = choices.length - 1; part >= 0; part--) {
    options[part] = choices[part]![left]!;
    left -= steps[part]![options[part]!]!;
  }
  return options;
}

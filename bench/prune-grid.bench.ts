import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EXAMPLES } from './digits.js';
import type { BenchResult } from './harness.js';
import { LONG_FORM, measureRecipe, narrowed, openSubject, recipesOf, type GridForm } from './prune-grid/grid.js';

/**
 * Accuracy against ratio for every importance; `parts` names nets, granularities, schedules or importances, and narrows
 * the grid to them.
 */
export function run(parts: readonly string[]): Promise<BenchResult[]> {
  return measureGrid(narrowed(LONG_FORM, parts), EXAMPLES);
}

/** Measures every recipe of a grid, net by net; `examples` is the folder that holds the nets. */
export async function measureGrid(form: GridForm, examples: string): Promise<BenchResult[]> {
  const folder = await mkdtemp(join(tmpdir(), 'coldpress-bench-'));
  const results: BenchResult[] = [];
  try {
    for (const net of form.nets) {
      const subject = await openSubject(net, form, examples, folder);
      for (const recipe of recipesOf(form))
        for (const figure of await measureRecipe(subject, recipe, form)) results.push({ net, ...recipe, ...figure });
      await subject.data.close();
    }
    return results;
  } finally {
    await rm(folder, { recursive: true });
  }
}

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EXAMPLES } from './digits.js';
import type { BenchResult } from './harness.js';
import { LONG_FORM, cellsOf, measureCell, openSubject, type GridForm } from './prune-grid/grid.js';

/** Accuracy against ratio for every importance; `parts` names the nets. */
export function run(parts: readonly string[]): Promise<BenchResult[]> {
  return measureGrid(parts.length > 0 ? { ...LONG_FORM, nets: LONG_FORM.nets.filter((net) => parts.includes(net)) } : LONG_FORM, EXAMPLES);
}

/** Measures every cell of a grid, net by net; `examples` is the folder that holds the nets. */
export async function measureGrid(form: GridForm, examples: string): Promise<BenchResult[]> {
  const folder = await mkdtemp(join(tmpdir(), 'coldpress-bench-'));
  const results: BenchResult[] = [];
  try {
    for (const net of form.nets) {
      const subject = await openSubject(net, examples, folder);
      for (const cell of cellsOf(form)) results.push({ net, ...cell, top1: await measureCell(subject, cell, form) });
      await subject.data.close();
    }
    return results;
  } finally {
    await rm(folder, { recursive: true });
  }
}

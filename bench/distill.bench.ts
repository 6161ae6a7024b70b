import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cut } from './distill/cut.js';
import { embeddingRun } from './distill/embedding.js';
import { hinton } from './distill/hinton.js';
import { lenet } from './distill/lenet.js';
import { recovery } from './distill/recovery.js';
import type { BenchResult } from './harness.js';

/** The parts by name; each gets an empty folder. */
const PARTS: Record<string, (folder: string) => AsyncIterable<BenchResult>> = {
  lenet,
  cut,
  hinton,
  recovery,
  embedding: embeddingRun,
};

/**
 * Students of a teacher by each method, a big teacher for a smaller net, recovery after pruning and quantization, a
 * published net: all of them, or the named parts. Each row goes to stderr as soon as it is known.
 */
export async function run(names: readonly string[]): Promise<BenchResult[]> {
  const unknown = names.filter((name) => !Object.hasOwn(PARTS, name));
  if (unknown.length > 0)
    throw new RangeError(`distill has no part ${unknown.join(', ')}: choose from ${Object.keys(PARTS).join(', ')}`);
  const results: BenchResult[] = [];
  for (const [name, part] of Object.entries(PARTS)) {
    if (names.length > 0 && !names.includes(name)) continue;
    const folder = await mkdtemp(join(tmpdir(), 'coldpress-bench-'));
    try {
      const start = performance.now();
      for await (const result of part(folder)) {
        results.push(result);
        console.error(JSON.stringify(result));
      }
      console.error(`${name}: ${Math.round((performance.now() - start) / 1000)} s`);
    } finally {
      await rm(folder, { recursive: true });
    }
  }
  return results;
}

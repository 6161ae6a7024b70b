import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  autoSampler,
  gridSampler,
  nsga2Sampler,
  randomSampler,
  sobolSampler,
  Study,
  tpeSampler,
  type Sampler,
} from '#search';
import { round, type BenchResult } from './harness.js';
import { recordTable } from './search/record-table.js';
import { readTable, TABLES, type TableName, type TableProblem } from './search/recorded-table.js';

const FOLDER = fileURLToPath(new URL('../../bench/search/tables', import.meta.url));
const SAMPLERS: Record<string, () => Sampler> = {
  random: randomSampler,
  grid: gridSampler,
  sobol: sobolSampler,
  nsga2: nsga2Sampler,
  tpe: tpeSampler,
  auto: autoSampler,
};
/** Shares of the best hypervolume that are waited for. */
const SHARES = [0.95, 0.99];
/** A budget at which the front found is held against the best. */
const BUDGET = 30;

/**
 * Real sweeps searched anew among figures that were recorded: trials until a share of the best front's hypervolume is
 * found. Words: names of tables and samplers, `seeds N`; `record` measures the tables anew with the real passes.
 */
export async function run(parts: readonly string[]): Promise<BenchResult[]> {
  const names = (Object.keys(TABLES) as TableName[]).filter((name) => wants(parts, Object.keys(TABLES), name));
  if (parts.includes('record')) return record(names);
  const seeds = parts.includes('seeds') ? Number(parts[parts.indexOf('seeds') + 1]) : 20;
  const samplers = Object.keys(SAMPLERS).filter((name) => wants(parts, Object.keys(SAMPLERS), name));
  const rows: BenchResult[] = [];
  for (const name of names) rows.push(...(await replay(FOLDER, name, { samplers, seeds })));
  return rows;
}

const wants = (parts: readonly string[], kind: readonly string[], name: string): boolean =>
  !kind.some((one) => parts.includes(one)) || parts.includes(name);

/** A row for each sampler of a table. */
export async function replay(
  folder: string,
  name: TableName,
  { samplers, seeds }: { samplers: readonly string[]; seeds: number },
): Promise<BenchResult[]> {
  const problem = await readTable(folder, name);
  return samplers.map((sampler) => {
    const searches = Array.from({ length: seeds }, (_, seed) =>
      search(problem, samplerOf(sampler), seed + 1, Math.max(...SHARES)),
    );
    const [to95, to99] = SHARES.map((share) => mean(searches.map((shares) => trialsUntil(shares, share))));
    const at = mean(searches.map((shares) => shares[Math.min(BUDGET, shares.length) - 1] ?? NaN));
    const { size, front, best } = problem;
    const reached = { trialsTo95: round(to95 ?? NaN, 3), trialsTo99: round(to99 ?? NaN, 3), shareAt30: round(at) };
    return { problem: name, sampler, seeds, trials: size, front, hypervolume: round(best), ...reached };
  });
}

function samplerOf(name: string): Sampler {
  const make = SAMPLERS[name];
  if (!make) throw new RangeError(`there is no sampler ${name}`);
  return make();
}

/**
 * The share of the best hypervolume after each trial: to the last assignment that there is, or to the first trial
 * after the budget by which so much is found as `enough` says.
 */
export function search(
  { space, reference, evaluate, best, size }: TableProblem,
  sampler: Sampler,
  seed: number,
  enough = Infinity,
): number[] {
  const study = new Study({ space, sampler, objectives: reference.length, seed });
  const shares: number[] = [];
  for (let trial = study.ask(); trial && shares.length < size; trial = study.ask()) {
    study.tell(trial.id, { state: 'complete', outcome: evaluate(trial.assignment) });
    const share = study.history.hypervolume(reference) / best;
    shares.push(share);
    if (share >= enough && shares.length >= BUDGET) break;
  }
  return shares;
}

/** The first trial after which that share is found; NaN where it never is. */
export function trialsUntil(shares: readonly number[], share: number): number {
  const at = shares.findIndex((found) => found >= share);
  return at < 0 ? NaN : at + 1;
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

async function record(names: readonly TableName[]): Promise<BenchResult[]> {
  const rows: BenchResult[] = [];
  for (const name of names) {
    const table = await recordTable(name, await readFile(join(FOLDER, `${name}.yaml`), 'utf8'));
    const { rows: recorded, ...facts } = table;
    const lines = recorded.map((row) => `    ${JSON.stringify(row)}`).join(',\n');
    const head = JSON.stringify(facts, null, 2).replace(/\n\}$/, '');
    await writeFile(join(FOLDER, `${name}.json`), `${head},\n  "rows": [\n${lines}\n  ]\n}\n`);
    rows.push({ problem: name, trials: recorded.length });
  }
  return rows;
}

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseSweep, planSweep } from '#pipeline';
import { assignmentKey, hypervolume, paretoFront, type ParameterValues, type Value } from '#search';

import type { TestProblem } from './problems.js';

/** Tables by name, which is that of the model's file too, with the example that has it. */
export const TABLES = { 'seed-net': { folder: 'seed-net' }, 'lenet-5': { folder: 'lenet' } } as const;
export type TableName = keyof typeof TABLES;

/** What every assignment of a sweep came to, measured once with the real passes. */
export interface RecordedTable {
  /** Digest of the model. */
  model: string;
  parameters: string[];
  figures: string[];
  /** Figures of the model itself. */
  baseline: number[];
  /** A value for each parameter, null where it does not exist, then each figure. */
  rows: (Value | null)[][];
}

/** A search among what was measured, and the best that any search of it can come to. */
export interface TableProblem extends TestProblem {
  /** Assignments that there are. */
  size: number;
  /** Trials of the front. */
  front: number;
  /** Hypervolume of the front of all. */
  best: number;
}

/** Beyond so many lost points of accuracy no model counts. */
const WORST_LOSS = 0.1;

/** Reads a table and its sweep from the folder of tables. Throws where they do not hold the same assignments. */
export async function readTable(folder: string, name: TableName): Promise<TableProblem> {
  const read = (kind: string) => readFile(join(folder, `${name}.${kind}`), 'utf8');
  return tableProblem(await read('yaml'), JSON.parse(await read('json')) as RecordedTable);
}

/** Objectives: the share of the model's own bytes, and errors of 1; the reference allows all bytes and ten points more. */
export function tableProblem(sweep: string, { parameters, baseline, rows }: RecordedTable): TableProblem {
  const { space } = planSweep(parseSweep(sweep));
  const [baseBytes = NaN, baseTop1 = NaN] = baseline;
  const measured = new Map(
    rows.map((row) => {
      const values = parameters.flatMap((name, at) => (row[at] === null ? [] : [[name, row[at]] as const]));
      const [bytes = NaN, top1 = NaN] = row.slice(parameters.length).map(Number);
      return [assignmentKey(Object.fromEntries(values) as ParameterValues), [bytes / baseBytes, 1 - top1]];
    }),
  );
  const all = [...space.all()].map((assignment) => valuesOf(measured, assignment));
  const reference = [1, 1 - baseTop1 + WORST_LOSS];
  return {
    space,
    reference,
    evaluate: (assignment) => ({ values: valuesOf(measured, assignment) }),
    size: all.length,
    front: paretoFront(all).length,
    best: hypervolume(all, reference),
  };
}

function valuesOf(measured: ReadonlyMap<string, readonly number[]>, assignment: ParameterValues): readonly number[] {
  const values = measured.get(assignmentKey(assignment));
  if (!values) throw new RangeError(`the table has no ${assignmentKey(assignment)}: record it anew`);
  return values;
}

import type { QuantizeOptions } from '#contracts';
import type { Plan } from '../layers/plan.js';
import type { QuantizationRun } from '../run.js';
import { storeAlone } from './store-alone.js';
import { storeRecurrent } from './recurrent-store.js';
import type { StoredNode } from './stored-node.js';
import { storeTables } from './table-store.js';
import type { TiedMatrices } from './tied-matrix.js';

/**
 * Stores what the plan has beside layers: tables whose rows are looked up, recurrent weights, and weights of operators
 * without an integer kernel. Tables that layers store are among them where their matrices are given.
 */
export async function storeAside(
  { graph, tables = [], recurrent = [], alone = [] }: Plan,
  options: QuantizeOptions,
  run: Pick<QuantizationRun, 'seed'>,
  matrices?: TiedMatrices,
): Promise<StoredNode[]> {
  return [
    ...storeTables(graph, matrices ? tables : tables.filter(({ tied }) => !tied), options, matrices),
    ...storeRecurrent(graph, recurrent, options),
    ...(await storeAlone(graph, alone, options, run)),
  ];
}

import type { QuantizeOptions } from '#contracts';
import type { Plan } from '../layers/plan.js';
import type { QuantizationRun } from '../run.js';
import { storeAlone } from './store-alone.js';
import { storeRecurrent } from './recurrent-store.js';
import type { StoredNode } from './stored-node.js';
import { storeTables } from './table-store.js';

/**
 * Stores what the plan has beside layers: tables whose rows are looked up, recurrent weights, and weights of operators
 * without an integer kernel.
 */
export async function storeAside(
  { graph, tables = [], recurrent = [], alone = [] }: Plan,
  options: QuantizeOptions,
  run: Pick<QuantizationRun, 'seed'>,
): Promise<StoredNode[]> {
  return [
    ...storeTables(graph, tables, options),
    ...storeRecurrent(graph, recurrent, options),
    ...(await storeAlone(graph, alone, options, run)),
  ];
}

import type { QuantizeOptions } from '#contracts';
import type { Plan } from '../layers/plan.js';
import { storeRecurrent } from './recurrent-store.js';
import type { StoredNode } from './stored-node.js';
import { storeTables } from './table-store.js';

/** Stores what the plan has beside layers: tables whose rows are looked up, and recurrent weights. */
export function storeAside({ graph, tables = [], recurrent = [] }: Plan, options: QuantizeOptions): StoredNode[] {
  return [...storeTables(graph, tables, options), ...storeRecurrent(graph, recurrent, options)];
}

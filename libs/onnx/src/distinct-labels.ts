import { subgraphs } from './attributes.js';
import { Names } from './names.js';
import type { GraphProto, ModelProto, NodeProto } from './proto.js';

/**
 * Gives nodes that are called as another one of their graph names of their own, in place: reports and options speak of
 * a node by its name, or by its first output where it has none, what is measured of layers is kept under it, and the
 * runtime refuses two nodes of one name. Exporters that copy layers forget to rename them. Returns how many were
 * renamed.
 */
export function distinctLabels(model: ModelProto): number {
  const again = model.graph ? repeated(model.graph) : [];
  if (again.length === 0) return 0;
  const names = Names.of(model);
  for (const node of again) node.name = names.fresh(labelOf(node) || node.opType);
  return again.length;
}

/** A recurrent node often leaves out its first output. */
function labelOf({ name, output }: NodeProto): string {
  return name || output.find((value) => value !== '') || '';
}

function repeated(graph: GraphProto): NodeProto[] {
  const labels = new Set<string>();
  return graph.node.flatMap((node) => {
    const label = labelOf(node);
    const isRepeated = label !== '' && labels.size === labels.add(label).size;
    return [...(isRepeated ? [node] : []), ...subgraphs(node).flatMap(repeated)];
  });
}

import type { QuantizeOptions } from '#contracts';
import { elementOf, type NodeProto, type Graph } from '#onnx';
import type { Layer } from '../layers/layers.js';
import type { QuantizationRun } from '../run.js';
import type { StoredNode } from './stored-node.js';
import { quantizeWeights } from './weights-in-floats.js';

/**
 * Stores the weights of operators without an integer kernel as integers, which become floats when the file is loaded;
 * a node for each operator, however many weights it has.
 */
export async function storeAlone(
  graph: Graph,
  layers: readonly Layer[],
  options: QuantizeOptions,
  { seed }: Pick<QuantizationRun, 'seed'>,
): Promise<StoredNode[]> {
  const reports = await quantizeWeights(graph, layers, { ...options, target: 'portable' }, { seed });
  const nodes = new Map<NodeProto, StoredNode>();
  layers.forEach((layer, i) => {
    const { node, input } = layer;
    const report = { ...elementOf(reports, i, 'reports'), computesIn: 'float' as const };
    const known = nodes.get(node)?.report;
    nodes.set(node, {
      node,
      input,
      inputIndex: node.opType === 'Add' ? 1 - layer.weightIndex : 0,
      output: node.output.find((name) => name !== '') ?? '',
      report: known ? both(known, report) : report,
    });
  });
  return [...nodes.values()];
}

/** Of two weights of a node the widest extent of scales, and the worse signal to noise. */
function both(a: StoredNode['report'], b: StoredNode['report']): StoredNode['report'] {
  const isWorse = (b.weightSnrDb ?? Infinity) < (a.weightSnrDb ?? Infinity);
  return {
    ...a,
    scaleMin: Math.min(a.scaleMin, b.scaleMin),
    scaleMax: Math.max(a.scaleMax, b.scaleMax),
    weightSnrDb: isWorse ? b.weightSnrDb : a.weightSnrDb,
  };
}

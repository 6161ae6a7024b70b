import type { ModelInspection, ValueSummary } from '#contracts';
import { subgraphs } from './attributes.js';
import { valueDims, valueElemType } from './builder.js';
import { typeName } from './data-type.js';
import { Graph } from './graph.js';
import { countMacs } from './macs.js';
import { modelWarnings } from './model-warnings.js';
import { opsetVersion } from './opset.js';
import { countParameters } from './parameters.js';
import type { GraphProto, ModelProto, ValueInfoProto } from './proto.js';
import { bytesByType } from './stored-bytes.js';

/**
 * What can be read off a model without running it. Operators of other domains than the standard one are listed as
 * `domain.Op`.
 */
export function inspectModel(model: ModelProto): ModelInspection {
  const graph = new Graph(model);
  const ops = countOps(graph.proto, new Map());
  return {
    inputs: graph.inputs.map(summarize),
    outputs: graph.outputs.map(summarize),
    irVersion: Number(model.irVersion),
    opset: opsetVersion(model),
    producer: [model.producerName, model.producerVersion].filter((part) => part !== '').join(' '),
    ops: Object.fromEntries([...ops].toSorted(([a], [b]) => (a < b ? -1 : 1))),
    nodes: [...ops.values()].reduce((sum, count) => sum + count, 0),
    ...countParameters(model),
    macs: countMacs(graph),
    warnings: modelWarnings(model),
    types: bytesByType(model),
  };
}

function countOps(graph: GraphProto, ops: Map<string, number>): Map<string, number> {
  for (const node of graph.node) {
    const op = node.domain === '' || node.domain === 'ai.onnx' ? node.opType : `${node.domain}.${node.opType}`;
    ops.set(op, (ops.get(op) ?? 0) + 1);
    for (const body of subgraphs(node)) countOps(body, ops);
  }
  return ops;
}

function summarize(info: ValueInfoProto): ValueSummary {
  return { name: info.name, type: typeName(valueElemType(info)), dims: valueDims(info) ?? null };
}

import type { GraphProto, ModelProto, NodeProto, TensorProto } from './proto.js';

/**
 * Every tensor of a model, wherever it lies: initializers, sparse parts, attributes, subgraphs, functions, training
 * graphs.
 */
export function* allTensors(model: ModelProto): Generator<TensorProto> {
  if (model.graph) yield* graphTensors(model.graph);
  for (const body of model.functions) for (const node of body.node) yield* nodeTensors(node);
  yield* trainingTensors(model);
}

/** The tensors of the graphs that tell how a model is trained. */
export function* trainingTensors(model: ModelProto): Generator<TensorProto> {
  for (const info of model.trainingInfo) {
    if (info.initialization) yield* graphTensors(info.initialization);
    if (info.algorithm) yield* graphTensors(info.algorithm);
  }
}

function* graphTensors(graph: GraphProto): Generator<TensorProto> {
  yield* graph.initializer;
  for (const { values, indices } of graph.sparseInitializer) {
    if (values) yield values;
    if (indices) yield indices;
  }
  for (const node of graph.node) yield* nodeTensors(node);
}

/** About the memory that a tensor's elements take where they are stored. */
export function storedBytes({
  rawData,
  floatData,
  doubleData,
  int32Data,
  int64Data,
  uint64Data,
  stringData,
}: TensorProto): number {
  const entries = floatData.length + doubleData.length + int32Data.length + int64Data.length + uint64Data.length;
  return rawData.length + 8 * entries + stringData.reduce((sum, text) => sum + text.length, 0);
}

/** The tensors in a node's attributes, also in bodies. */
export function* nodeTensors(node: NodeProto): Generator<TensorProto> {
  for (const attribute of node.attribute) {
    if (attribute.t) yield attribute.t;
    yield* attribute.tensors;
    for (const sparse of attribute.sparseTensor
      ? [attribute.sparseTensor, ...attribute.sparseTensors]
      : attribute.sparseTensors) {
      if (sparse.values) yield sparse.values;
      if (sparse.indices) yield sparse.indices;
    }
    for (const graph of attribute.g ? [attribute.g, ...attribute.graphs] : attribute.graphs) yield* graphTensors(graph);
  }
}

import { floatAttribute, intAttribute, tensorToFloats, type Graph } from '#onnx';

/** A normalization of the teacher by the statistics of the data that it was trained on. */
export interface BatchNorm {
  /** What it reads, [N, C, ...]. */
  input: string;
  /** Per channel. */
  means: Float32Array;
  variances: Float32Array;
}

/** The BatchNormalization nodes whose statistics are stored; the file's memory of its training data. */
export function batchNorms(graph: Graph): BatchNorm[] {
  return graph.nodes.flatMap((node): BatchNorm[] => {
    if (node.opType !== 'BatchNormalization' || intAttribute(node, 'training_mode', 0) !== 0) return [];
    const [mean, variance] = [graph.initializer(node.input[3]!), graph.initializer(node.input[4]!)];
    if (!mean || !variance) return [];
    const epsilon = floatAttribute(node, 'epsilon', 1e-5);
    const variances = tensorToFloats(variance).map((value) => value + epsilon);
    return [{ input: node.input[0]!, means: tensorToFloats(mean), variances }];
  });
}

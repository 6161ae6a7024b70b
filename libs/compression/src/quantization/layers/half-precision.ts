import { constantTensor, DataType, dataTypeName, Graph, isSameEveryRun, type ModelProto } from '#onnx';
import { isLayerOpType } from './layers.js';

const HALVES: ReadonlySet<number> = new Set([DataType.FLOAT16, DataType.BFLOAT16]);

/** Operators whose tables and weights are stored as integers whatever floats they are. */
const STORED_ALIKE: ReadonlySet<string> = new Set(['Gather', 'LSTM', 'GRU', 'RNN']);

/**
 * Why nothing of a model can be quantized that computes in 16 bits throughout, with the way out; null for one of which
 * something may be.
 */
export function halfPrecisionProblem(model: ModelProto): string | null {
  const graph = new Graph(model);
  const known = new Map<string, boolean>();
  let half: string | null = null;
  for (const { opType, input } of graph.nodes) {
    if (STORED_ALIKE.has(opType)) return null;
    const weight = input[1] ?? '';
    if (!isLayerOpType(opType) || !isSameEveryRun(graph, weight, known)) continue;
    const type = constantTensor(graph, weight)?.dataType;
    if (type === undefined || !HALVES.has(type)) return null;
    half = dataTypeName(type);
  }
  return (
    half &&
    `its layers compute in ${half}, which no kernel for integers does: export the model in float32 ` +
      '(in PyTorch net.float() ahead of the export), which quantize then makes smaller than this one'
  );
}

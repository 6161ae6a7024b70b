import { constantTensor, DataType, Graph, isSameEveryRun, type ModelProto } from '#onnx';
import { isLayerOpType } from './layers.js';

/**
 * Why a model cannot be quantized whose layers compute in bfloat16, which the runtime has no kernel for, with the way
 * out; null for others. Layers of float16 are raised to float32.
 */
export function halfPrecisionProblem(model: ModelProto): string | null {
  const graph = new Graph(model);
  const known = new Map<string, boolean>();
  const isOf = (value: string) => constantTensor(graph, value)?.dataType === DataType.BFLOAT16;
  const isHalf = graph.nodes.some(
    ({ opType, input }) =>
      isLayerOpType(opType) && isSameEveryRun(graph, input[1] ?? '', known) && isOf(input[1] ?? ''),
  );
  return isHalf
    ? 'its layers compute in bfloat16, which the runtime cannot run: export the model in float32 ' +
        '(in PyTorch net.float() ahead of the export), which quantize then makes smaller than this one'
    : null;
}

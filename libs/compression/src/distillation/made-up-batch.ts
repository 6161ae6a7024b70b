import { float32, type HostTensors } from '#inference';
import { DataType, elementCount, valueDims, valueElemType, type Graph } from '#onnx';
import { TrainingError } from '../training/errors.js';

/** A batch of the shapes that the model declares, to see what shapes follow from them. */
export function madeUpBatch(graph: Graph, batchSize: number): HostTensors {
  return Object.fromEntries(
    graph.inputs.map((input): [string, HostTensors[string]] => {
      const sample = (valueDims(input) ?? []).slice(1);
      if (
        valueElemType(input) !== DataType.FLOAT ||
        sample.length === 0 ||
        sample.some((dim) => typeof dim !== 'number')
      ) {
        throw new TrainingError(
          `samples cannot be made up for the input "${input.name}": ` +
            'it must be of floats and fixed in every dimension but the batch',
        );
      }
      const dims = [batchSize, ...(sample as number[])];
      const values = Float32Array.from({ length: elementCount(dims) }, (_, i) => Math.sin(i));
      return [input.name, float32(dims, values)];
    }),
  );
}

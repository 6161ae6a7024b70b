import { GraphBuilder, intAttribute, intsAttribute, stringAttribute, tensorDims, cloneModel, DataType, Graph, writeModel, type ModelProto } from '#onnx';
import { Session } from '#inference';
import type { Batches, CalibrationRun } from './calibrate.js';
import { nodeLabel, type Layer } from './layers.js';

/** First and second moments of the vectors that a layer's weight rows multiply. */
export interface InputMoments {
  /** Mean of each of the `size` components. */
  mean: Float64Array;
  /** Σ x xᵀ / n, [size, size]. */
  second: Float64Array;
  size: number;
}

/** Widest input whose second moments are taken: 4,096² floats are 64 MiB, and decomposing them takes most of a minute. */
export const MAX_MOMENT_SIZE = 4096;

/** Moments of the inputs of the layers that have them, by node label; a convolution's input vectors are its patches. */
export async function measureMoments(model: ModelProto, layers: readonly Layer[], batches: Batches, run: CalibrationRun): Promise<Map<string, InputMoments>> {
  const source = new Graph(model);
  const measured = layers.flatMap((layer) => {
    const size = inputSize(source, layer);
    return size === null ? [] : [{ layer, size, mean: new Float64Array(size), second: new Float64Array(size * size) }];
  });
  let runs = 0;
  // One layer at a time, so that only one matrix of second moments leaves the graph per run.
  for (const entry of measured) {
    runs = 0;
    const session = await Session.create(writeModel(momentGraph(model, entry.layer, entry.size)), { threads: run.threads });
    const wanted = new Set(session.inputs.map((input) => input.name));
    try {
      for await (const batch of batches()) {
        const { mean, second } = await session.run(Object.fromEntries(Object.entries(batch).filter(([name]) => wanted.has(name))));
        accumulate(entry.mean, mean!.data as Float32Array);
        accumulate(entry.second, second!.data as Float32Array);
        run.onBatch?.();
        runs++;
      }
    } finally {
      await session.release();
    }
    for (const sums of [entry.mean, entry.second]) sums.forEach((sum, i) => (sums[i] = sum / runs));
  }
  return new Map(measured.map(({ layer, size, mean, second }) => [nodeLabel(layer.node), { size, mean, second }]));
}

function accumulate(sums: Float64Array, values: Float32Array): void {
  for (let i = 0; i < sums.length; i++) sums[i]! += values[i]!;
}

/** Components of a layer's input vector; null where they are not taken: groups mix several, and wide ones cost too much. */
function inputSize(graph: Graph, { node, weight, axis }: Layer): number | null {
  const dims = tensorDims(graph.initializer(weight)!);
  if (node.opType === 'Conv' && (intAttribute(node, 'group', 1) !== 1 || dims.length !== 4)) return null;
  if (intAttribute(node, 'transA', 0) !== 0) return null;
  const size = dims.reduce((product, dim, i) => (i === axis ? product : product * dim), 1);
  return size <= MAX_MOMENT_SIZE ? size : null;
}

function momentGraph(source: ModelProto, layer: Layer, size: number): ModelProto {
  const model = cloneModel(source);
  const graph = new Graph(model);
  const b = new GraphBuilder(graph.freshName('moments'));
  const rows = b.op('Reshape', [layer.node.opType === 'Conv' ? patches(b, graph, layer, size) : layer.input, b.ints([-1, size])]);
  const count = b.op('Cast', [b.op('Gather', [b.op('Shape', [rows]), b.ints(0)])], { to: DataType.FLOAT });
  const columns = b.op('Transpose', [rows], { perm: [1, 0] });
  // Gemm with a vector of ones sums the rows in every opset, where ReduceMean's axes moved from attribute to input.
  b.op('Div', [b.op('MatMul', [columns, rows]), count], {}, { outputs: [b.output('second', [size, size])] });
  const ones = b.op('Div', [b.op('Expand', [b.float([1], [1, 1]), b.op('Concat', [b.op('Gather', [b.op('Shape', [rows]), b.ints([0])]), b.ints([1])], { axis: 0 })]), count]);
  b.op('Reshape', [b.op('MatMul', [columns, ones]), b.ints([size])], {}, { outputs: [b.output('mean', [size])] });
  const addition = b.build().graph!;
  for (const tensor of addition.initializer) graph.addInitializer(tensor);
  for (const node of addition.node) graph.addNode(node);
  graph.proto.output = addition.output;
  graph.removeDeadCode();
  return model;
}

/** Im2col as a convolution: one output channel per element of the kernel's window. */
function patches(b: GraphBuilder, graph: Graph, { node, weight, input }: Layer, size: number): string {
  const [, channels, height, width] = tensorDims(graph.initializer(weight)!) as [number, number, number, number];
  const identity = new Float32Array(size * size);
  for (let i = 0; i < size; i++) identity[i * size + i] = 1;
  const attributes = {
    strides: intsAttribute(node, 'strides', [1, 1]),
    dilations: intsAttribute(node, 'dilations', [1, 1]),
    ...(stringAttribute(node, 'auto_pad', 'NOTSET') === 'NOTSET' ? { pads: intsAttribute(node, 'pads', [0, 0, 0, 0]) } : { auto_pad: stringAttribute(node, 'auto_pad', 'NOTSET') }),
  };
  return b.op('Transpose', [b.op('Conv', [input, b.float(identity, [size, channels, height, width])], attributes)], { perm: [0, 2, 3, 1] });
}

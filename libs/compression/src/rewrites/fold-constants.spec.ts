import { float32, Session } from '#inference';
import { Graph, GraphBuilder, makeTensor, DataType, writeModel, type ModelProto } from '#onnx';
import { randomNumbers } from '#testing';
import { foldableValues, foldConstants } from './fold-constants.js';

const random = randomNumbers(9);
const x = float32([2, 4], Float32Array.from({ length: 8 }, random));
const weight = (b: GraphBuilder, rows = 4, columns = 4) =>
  b.float(Float32Array.from({ length: rows * columns }, random), [rows, columns]);

async function run(model: ModelProto): Promise<number[]> {
  const session = await Session.create(writeModel(model), { optimization: 'disabled' });
  const { y } = await session.run({ x });
  await session.release();
  return Array.from(y!.data as Float32Array);
}

/** `x [n, 4] -> … -> y`, and what is left of its operators after folding; the output must stay the same to the bit. */
async function folded(
  build: (b: GraphBuilder) => void,
): Promise<{ ops: string[]; count: number; bytes: number; before: number }> {
  const b = new GraphBuilder();
  b.input('x', ['n', 4]);
  build(b);
  b.output('y');
  const graph = new Graph(b.build());
  const [expected, before] = [await run(graph.model), writeModel(graph.model).length];
  const count = await foldConstants(graph);
  expect(await run(graph.model)).toEqual(expected);
  return { ops: graph.nodes.map((node) => node.opType), count, bytes: writeModel(graph.model).length, before };
}

describe('foldConstants', () => {
  it('folds a weight that is computed from constants', async () => {
    const { ops, count } = await folded((b) => {
      const computed = b.op('Mul', [b.op('Transpose', [weight(b)], { perm: [1, 0] }), b.float(2)]);
      b.op('MatMul', ['x', computed], {}, { outputs: ['y'] });
    });
    expect({ ops, count }).toEqual({ ops: ['MatMul'], count: 1 });
  });

  it('folds a Cast that makes stored elements no wider, and leaves one that does: they were stored narrow on purpose', async () => {
    const cast = (b: GraphBuilder, stored: string) => {
      const floats = b.op('Cast', [stored], { to: DataType.FLOAT });
      b.op('MatMul', ['x', floats], {}, { outputs: ['y'] });
    };
    const integers = Int32Array.from({ length: 16 }, (_, i) => i);
    const same = await folded((b) => cast(b, b.initializer(makeTensor('w', DataType.INT32, [4, 4], integers))));
    const bytes = Int8Array.from(integers);
    const wider = await folded((b) => cast(b, b.initializer(makeTensor('w', DataType.INT8, [4, 4], bytes))));
    expect([same.ops, wider.ops]).toEqual([['MatMul'], ['Cast', 'MatMul']]);
  });

  it('folds shapes that are put together of constants, but not those of the input', async () => {
    const { ops } = await folded((b) => {
      const shape = b.op('Concat', [b.op('Gather', [b.op('Shape', [weight(b)]), b.ints([0])]), b.ints([-1])], {
        axis: 0,
      });
      b.op(
        'Add',
        [
          b.op('Transpose', [b.op('Reshape', ['x', shape])], { perm: [1, 0] }),
          b.op('Cast', [b.op('Gather', [b.op('Shape', ['x']), b.ints([1])])], { to: DataType.FLOAT }),
        ],
        {},
        { outputs: ['y'] },
      );
    });
    expect(ops).toEqual(['Reshape', 'Transpose', 'Shape', 'Gather', 'Cast', 'Add']);
  });

  it('leaves integers and half precision as narrow as they are stored', async () => {
    const { ops, count } = await folded((b) => {
      const integers = b.initializer(
        makeTensor(
          'integers',
          DataType.INT8,
          [4, 4],
          Int8Array.from({ length: 16 }, (_, i) => i - 8),
        ),
      );
      const dequantized = b.op('DequantizeLinear', [integers, b.float(0.1)]);
      const packed = b.initializer(
        makeTensor(
          'packed',
          DataType.INT4,
          [4, 4],
          Int8Array.from({ length: 16 }, (_, i) => (i % 15) - 7),
        ),
      );
      const unpacked = b.op('DequantizeLinear', [b.op('Cast', [packed], { to: DataType.INT8 }), b.float(0.1)]);
      b.op('MatMul', [b.op('MatMul', ['x', dequantized]), unpacked], {}, { outputs: ['y'] });
    });
    expect({ ops, count }).toEqual({
      ops: ['DequantizeLinear', 'Cast', 'DequantizeLinear', 'MatMul', 'MatMul'],
      count: 0,
    });
  });

  it('does not let the file grow by what a constant expands to', async () => {
    const { ops, bytes, before } = await folded((b) => {
      const wide = b.op('Expand', [b.float([1], [1, 1]), b.ints([4, 40_000])]);
      b.op('ReduceMean', [b.op('MatMul', ['x', wide])], { keepdims: 0 }, { outputs: ['y'] });
    });
    expect(ops).toEqual(['Expand', 'MatMul', 'ReduceMean']);
    expect(bytes).toBe(before);
  });

  it('never folds a random value, nor an output of the graph', () => {
    const b = new GraphBuilder();
    b.op('Add', [b.op('RandomUniform', [], { shape: [4] }), b.float(1)], {}, { outputs: ['noise'] });
    b.op('Neg', [b.float(1)], {}, { outputs: ['y'] });
    b.output('noise');
    b.output('y');
    expect(foldableValues(new Graph(b.build()))).toEqual(new Set());
  });

  it('folds what a node behind shares with one that stays', async () => {
    const { ops, count } = await folded((b) => {
      const scaled = b.op('Mul', [weight(b), b.float(3)]);
      b.op('MatMul', [b.op('MatMul', ['x', scaled]), b.op('Add', [scaled, b.float(1)])], {}, { outputs: ['y'] });
    });
    expect({ ops, count }).toEqual({ ops: ['MatMul', 'MatMul'], count: 2 });
  });
});

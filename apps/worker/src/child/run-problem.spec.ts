import { DataType, floatTensor, GraphBuilder, int64Tensor, type ModelProto } from '#onnx';
import { runProblem } from './run-problem.js';

/** A model of one input [batch, 1, 8, 8], as `body` makes its output. */
function model(body: (builder: GraphBuilder, x: string) => string): ModelProto {
  const builder = new GraphBuilder();
  const y = body(builder, builder.input('x', ['batch', 1, 8, 8]));
  builder.op('Identity', [y], {}, { outputs: [builder.output('y')] });
  return builder.build();
}

const DATASET = { inputs: { '*': { dims: [1, 8, 8], type: 'float32' } }, classes: null, splits: { test: 1 } };
const weight = (builder: GraphBuilder, dims: number[]) =>
  builder.initializer(floatTensor('w', dims, new Float32Array(dims.reduce((size, dim) => size * dim, 1))));

describe('a model that the runtime', () => {
  it.each<[string, (builder: GraphBuilder, x: string) => string, RegExp]>([
    [
      'has no kernel for',
      (b, x) => b.op('Cast', [b.op('Relu', [b.op('Cast', [x], { to: DataType.INT16 })])], { to: DataType.FLOAT }),
      /Could not find an implementation for Relu\(\d+\)/,
    ],
    [
      'finds a contradiction in',
      (b, x) => b.op('MatMul', [b.op('Flatten', [x]), weight(b, [7, 3])]),
      /cannot load the model: .*MatMul.*Incompatible dimensions/,
    ],
    [
      'cannot run on the shapes of the data',
      (b, x) => b.op('Conv', [x, weight(b, [4, 3, 3, 3])]),
      /cannot run the model: Conv.*Input channels C is not equal/,
    ],
    [
      'cannot reshape',
      (b, x) => b.op('Reshape', [x, b.initializer(int64Tensor('shape', [2], [5, 5]))]),
      /cannot run the model: Reshape.*: The input tensor cannot be reshaped.*\{1,1,8,8\}, requested shape:\{5,5\}; mend/,
    ],
  ])('%s is told with its node and a way out, without the words of its sources', async (_, body, words) => {
    const problem = await runProblem(model(body), DATASET);
    expect(problem).toMatch(words);
    expect(problem).toMatch(/mend it where it was made, see that onnxruntime runs it there, and export it again$/);
    expect(problem).not.toMatch(/onnxruntime_src|Non-zero status code|Status Message/);
  });

  it('can run has no problem', async () => {
    expect(
      await runProblem(
        model((b, x) => b.op('Relu', [x])),
        DATASET,
      ),
    ).toBeNull();
  });

  it('would choke on a value alone is left to its data', async () => {
    const other = { ...DATASET, inputs: { '*': { dims: [1, 8, 8], type: 'float32', batchAxis: null } } };
    expect(
      await runProblem(
        model((b, x) => b.op('Conv', [x, weight(b, [4, 3, 3, 3])])),
        other,
      ),
    ).toBeNull();
  });
});

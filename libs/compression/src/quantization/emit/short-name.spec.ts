import { QuantizeOptions } from '#contracts';
import { float32 } from '#inference';
import { cloneModel, GraphBuilder, type ModelProto } from '#onnx';
import { randomNumbers } from '#testing';
import { quantizeModel } from '../schemes/quantize-model.js';

const random = randomNumbers(8);
const numbers = (count: number) => Float32Array.from({ length: count }, () => random() - 0.5);

/** Two convolutions with long names. */
function net(): ModelProto {
  const b = new GraphBuilder('backbone/features');
  const first = b.op('Relu', [
    b.op('Conv', [b.input('image', ['n', 4, 6, 6]), b.float(numbers(8 * 36), [8, 4, 3, 3]), b.float(numbers(8))]),
  ]);
  b.output(b.op('Relu', [b.op('Conv', [first, b.float(numbers(8 * 72), [8, 8, 3, 3]), b.float(numbers(8))])]));
  return b.build();
}

function valueNames(model: ModelProto): Set<string> {
  return new Set(model.graph!.node.flatMap(({ input, output }) => [...input, ...output]));
}

it.each([8, 4, 2] as const)(
  'at %d bits the values of a model keep their names, and what is added has one of a few letters',
  async (weightBits) => {
    const float = net();
    const model = cloneModel(float);
    const batches = [{ image: float32([4, 4, 6, 6], numbers(4 * 144)) }];
    await quantizeModel(model, QuantizeOptions.parse({ weightBits }), () => () => batches, { threads: 1, seed: 0 });
    const [before, after] = [valueNames(float), valueNames(model)];
    const weights = float.graph!.initializer.filter(({ dims }) => dims.length > 1).map(({ name }) => name);
    expect([...before].filter((name) => !after.has(name) && !weights.includes(name))).toEqual([]);
    const added = [...after].filter(
      (name) => !before.has(name) && !weights.some((weight) => name === `${weight}_quantized`),
    );
    expect(added.length).toBeGreaterThan(10);
    expect(added.filter((name) => name.length > 3)).toEqual([]);
  },
);

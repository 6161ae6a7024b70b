import {
  DataType,
  Graph,
  cloneModel,
  floatTensor,
  makeNode,
  makeTensor,
  tensorDims,
  tensorToFloats,
  type ModelProto,
} from '#onnx';
import { mlp } from '#testing';
import { startFromFloats } from './start-from-floats.js';
import { trainingForm } from './training-form.js';

const original = mlp([8, 16, 4], 3);

/**
 * The net with its matrices on a grid for each row, in the quantizer's names: INT2 or INT4 -> Cast -> DequantizeLinear.
 */
function rounded(bits: 2 | 4): ModelProto {
  const model = cloneModel(original);
  const graph = new Graph(model);
  for (const node of graph.nodes.filter(({ opType }) => opType === 'Gemm')) {
    const name = node.input[1]!;
    const tensor = graph.initializer(name)!;
    const [rows, columns] = tensorDims(tensor) as [number, number];
    const floats = tensorToFloats(tensor);
    const most = 2 ** (bits - 1) - 1;
    const scales = Float32Array.from({ length: rows }, (_, row) => {
      const own = floats.subarray(row * columns, (row + 1) * columns);
      return (0.6 * Math.max(...own.map(Math.abs))) / most;
    });
    const integers = Int8Array.from(floats, (value, i) => {
      const nearest = Math.round(value / scales[Math.floor(i / columns)]!);
      return Math.min(most, Math.max(-most, nearest));
    });
    const type = bits === 2 ? DataType.INT2 : DataType.INT4;
    graph.addInitializer(makeTensor(`${name}_quantized`, type, [rows, columns], integers));
    graph.addInitializer(floatTensor(`${name}_scale`, [rows], scales));
    const cast = makeNode('Cast', [`${name}_quantized`], [`${name}_cast`], { to: DataType.INT8 });
    const expanded = makeNode('DequantizeLinear', [`${name}_cast`, `${name}_scale`], [`${name}_floats`], { axis: 0 });
    for (const added of [cast, expanded]) graph.addNode(added, { before: node });
    graph.setInput(node, 1, `${name}_floats`);
  }
  return model;
}

const formOf = (model: ModelProto) => trainingForm(new Graph(cloneModel(model)), { learnScales: true });
const shadowsOf = (form: ReturnType<typeof formOf>) => form.trainables.filter(({ roundedFrom }) => roundedFrom);

describe('weights of two bits', () => {
  it('begin at the floats that they were rounded from, where every integer is the nearest', () => {
    const model = rounded(2);
    const form = startFromFloats(formOf(model), () => original, false);
    expect(shadowsOf(form).length).toBe(2);
    const floats = original.graph!.initializer.map((tensor) => [...tensorToFloats(tensor)].join());
    for (const { values } of shadowsOf(form)) expect(floats).toContain([...values].join());
  });

  it('begin at their integers where something has moved those, and elsewhere than at two bits', () => {
    const [coarse, fine] = [rounded(2), rounded(4)];
    const other = mlp([8, 16, 4], 8);
    for (const [model, floats] of [
      [coarse, other],
      [fine, original],
    ] as const) {
      const begun = startFromFloats(formOf(model), () => floats, false).trainables.map(({ values }) => [...values]);
      expect(begun).toEqual(formOf(model).trainables.map(({ values }) => [...values]));
    }
  });

  it('keep zeros that are to stay', () => {
    const model = rounded(2);
    const [before, after] = [formOf(model), startFromFloats(formOf(model), () => original, true)].map(shadowsOf);
    const zeros = (values: Float32Array) => [...values.keys()].filter((i) => values[i] === 0);
    before!.forEach(({ values }, i) => expect(zeros(after![i]!.values)).toEqual(zeros(values)));
  });
});

import { Graph, GraphBuilder, floatTensor, type ModelProto } from '#onnx';
import { trainingForm } from './training-form.js';
import { tiedWarnings, untieMerged } from './untie.js';

const filled = (b: GraphBuilder, name: string, value: number) =>
  b.initializer(floatTensor(name, [8], new Float32Array(8).fill(value)));
const kernel = (b: GraphBuilder, name: string) =>
  b.initializer(
    floatTensor(
      name,
      [8, 8],
      Float32Array.from({ length: 64 }, (_, i) => Math.sin(i * i)),
    ),
  );

/** Two layers with a norm behind each, whose gains, shifts and biases an exporter has merged. */
function merged(kernels: readonly [string, string], value = 0): ModelProto {
  const b = new GraphBuilder();
  const [ones, zeros] = [filled(b, 'ones', 1), filled(b, 'zeros', value)];
  for (const name of new Set(kernels)) kernel(b, name);
  const layer = (x: string, name: string) => b.op('LayerNormalization', [b.op('Gemm', [x, name, zeros]), ones, zeros]);
  b.output(layer(layer(b.input('x', ['n', 8]), kernels[0]), kernels[1]), ['n', 8]);
  return b.build();
}

const readersOf = (model: ModelProto, opType: string, index: number) =>
  new Graph(model).nodes.filter((node) => node.opType === opType).map(({ input }) => input[index]);
const distinct = (names: readonly unknown[]) => new Set(names).size;

describe('parameters that an exporter has merged', () => {
  it('become one for each norm and layer, of the same numbers, and train apart', () => {
    const model = merged(['a', 'b']);
    expect(untieMerged(model)).toEqual({
      untied: [
        { name: 'ones', parameters: 2 },
        { name: 'zeros', parameters: 4 },
      ],
      tied: [],
    });
    const parts = [
      ...readersOf(model, 'LayerNormalization', 1),
      ...readersOf(model, 'LayerNormalization', 2),
      ...readersOf(model, 'Gemm', 2),
    ];
    expect(distinct(parts)).toBe(6);
    expect(trainingForm(new Graph(model)).trainables).toHaveLength(8);
    expect(untieMerged(model).untied).toEqual([]);
  });

  it('and statistics of a norm part from its gain and shift', () => {
    const b = new GraphBuilder();
    const [ones, zeros] = [filled(b, 'ones', 1), filled(b, 'zeros', 0)];
    b.output(b.op('BatchNormalization', [b.input('x', ['n', 8, 4, 4]), ones, zeros, zeros, ones]), ['n', 8, 4, 4]);
    const model = b.build();
    untieMerged(model);
    const [node] = new Graph(model).nodes;
    expect(distinct(node!.input)).toBe(5);
    expect(
      trainingForm(new Graph(model))
        .trainables.map(({ name }) => name)
        .toSorted(),
    ).toEqual(node!.input.slice(1, 3).toSorted());
  });

  it('part from statistics whatever these hold, so that no training moves them', () => {
    const b = new GraphBuilder();
    const shared = filled(b, 'shared', 0.5);
    b.output(b.op('BatchNormalization', [b.input('x', ['n', 8, 4, 4]), shared, shared, shared, shared]), [
      'n',
      8,
      4,
      4,
    ]);
    const model = b.build();
    untieMerged(model);
    const [node] = new Graph(model).nodes;
    expect(node!.input.slice(1, 3)).toEqual(['shared', 'shared']);
    expect(distinct(node!.input)).toBe(4);
  });

  it('stay what they are where freeze names them', () => {
    expect(untieMerged(merged(['a', 'b']), ['z*']).untied).toEqual([{ name: 'ones', parameters: 2 }]);
  });

  it('stay one where a layer is applied twice, and where the numbers differ from those of a beginning', () => {
    const twice = merged(['a', 'a']);
    const result = untieMerged(twice);
    expect(result).toEqual({ untied: [], tied: ['ones', 'zeros'] });
    expect(tiedWarnings(result)).toEqual([
      expect.stringContaining('"ones"'),
      expect.stringContaining('trained as one'),
    ]);
    const learned = merged(['a', 'b'], 0.25);
    expect(untieMerged(learned).untied).toEqual([{ name: 'ones', parameters: 2 }]);
  });
});

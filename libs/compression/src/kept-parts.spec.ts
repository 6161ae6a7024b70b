import { create } from '@bufbuild/protobuf';
import { DistillOptions, PruneOptions, QuantizeOptions, TrainOptions } from '#contracts';
import { float32, Session } from '#inference';
import {
  cloneModel,
  DataType,
  denseTensor,
  floatTensor,
  Graph,
  GraphBuilder,
  int64Tensor,
  makeNode,
  makeValueInfo,
  OperatorSetIdProtoSchema,
  readModel,
  SparseTensorProtoSchema,
  StringStringEntryProtoSchema,
  tensorToFloats,
  TensorAnnotationSchema,
  valueDims,
  writeModel,
  type ModelProto,
} from '#onnx';
import { randomNumbers } from '#testing';
import { distillPass } from './passes/distill/distill.js';
import { Points } from './distillation/points.fixture.js';
import { liftConstants } from './rewrites/constants.js';
import type { PassContext } from './pass.js';
import { prunePass } from './passes/prune/prune.js';
import { quantizePass } from './passes/quantize/quantize.js';
import { trainPass } from './passes/train/train.js';

const entry = (key: string, value: string) => create(StringStringEntryProtoSchema, { key, value });

/**
 * x [n, 8] -> Normalizer of ai.onnx.ml -> two layers, one of them sparse, one of them annotated, all of it documented.
 */
function documented(): ModelProto {
  const random = randomNumbers(11);
  const uniform = (count: number) => Float32Array.from({ length: count }, () => random() - 0.5);
  const b = new GraphBuilder();
  const scaled = b.op(
    'Scaler',
    [b.input('x', ['n', 8])],
    { scale: [1.5, 0.5, 1.25, 0.75, 1.5, 0.5, 1.25, 0.75], offset: new Array(8).fill(0.5) },
    { domain: 'ai.onnx.ml' },
  );
  const hidden = b.op('Relu', [b.op('MatMul', [scaled, b.float(uniform(128), [8, 16])], {}, { outputs: ['h'] })]);
  b.append(makeNode('Gemm', [hidden, 'sparse', b.float(uniform(4))], ['y'], {}, { name: 'head' }));
  b.output('y', ['n', 4]);
  b.import('ai.onnx.ml', 3);
  const model = b.build(17, 8);
  const graph = model.graph!;
  Object.assign(model, {
    producerName: 'someone',
    producerVersion: '2',
    modelVersion: 7n,
    domain: 'org.example',
    docString: 'a model',
  });
  model.metadataProps = [entry('license', 'MIT'), entry('labels', 'a,b')];
  Object.assign(graph, { name: 'net', docString: 'a graph' });
  graph.node.at(-1)!.docString = 'the head';
  graph.input[0]!.docString = 'the input';
  graph.output[0]!.docString = 'the output';
  graph.valueInfo = [makeValueInfo('h', DataType.FLOAT, ['n', 16])];
  graph.sparseInitializer = [
    create(SparseTensorProtoSchema, {
      dims: [16n, 4n],
      values: floatTensor('sparse', [8], uniform(8)),
      indices: int64Tensor('', [8, 2], [0, 0, 2, 1, 4, 2, 6, 3, 8, 0, 10, 1, 12, 2, 14, 3]),
    }),
  ];
  graph.initializer.push(floatTensor('h_scale', [], [0.1]));
  graph.quantizationAnnotation = [
    create(TensorAnnotationSchema, { tensorName: 'h', quantParameterTensorNames: [entry('SCALE_TENSOR', 'h_scale')] }),
  ];
  return readModel(writeModel(model));
}

/** What no pass has a reason to touch. */
function partsOf({ graph, ...model }: ModelProto) {
  return {
    producer: [model.producerName, model.producerVersion, model.modelVersion, model.domain, model.docString],
    metadata: model.metadataProps.map(({ key, value }) => [key, value]),
    imports: model.opsetImport.filter(({ domain }) => domain === 'ai.onnx.ml').map(({ version }) => version),
    graph: [graph!.name, graph!.docString],
    interface: [...graph!.input, ...graph!.output].map((info) => [info.name, valueDims(info), info.docString]),
  };
}

async function answer(model: ModelProto): Promise<Float32Array> {
  const session = await Session.create(writeModel(model));
  const { y } = await session.run({
    x: float32(
      [3, 8],
      Float32Array.from({ length: 24 }, (_, i) => Math.sin(i)),
    ),
  });
  await session.release();
  return y!.data as Float32Array;
}

const points = Points.create({ splits: { calibration: { file: 'data.npz' }, train: { file: 'data.npz' } } });
afterAll(async () => (await points).remove());

type Run = (context: PassContext) => Promise<{ model: ModelProto | null }>;
const PASSES: [string, Run][] = [
  ...(['static', 'weightOnly', 'dynamic', 'float16'] as const).map((scheme): [string, Run] => [
    `quantize ${scheme}`,
    (context) => quantizePass.run(context, QuantizeOptions.parse({ scheme })),
  ]),
  ...(['weight', 'channel'] as const).map((granularity): [string, Run] => [
    `prune by ${granularity}`,
    (context) => prunePass.run(context, PruneOptions.parse({ granularity, ratio: 0.25 })),
  ]),
  ['train', (context) => trainPass.run(context, TrainOptions.parse({ epochs: 1 }))],
  ['distill', (context) => distillPass.run(context, DistillOptions.parse({ epochs: 1 }))],
  [
    'distill to a narrower student',
    (context) => distillPass.run(context, DistillOptions.parse({ epochs: 1, student: { width: 0.5 } })),
  ],
];

describe.each(PASSES)('%s', (name, run) => {
  it('keeps what the model says of itself, and gives a model that runs', async () => {
    const { model } = await run((await points).context(writeModel(documented())));
    const result = readModel(writeModel(model!));
    expect(partsOf(result)).toEqual(partsOf(documented()));
    for (const node of result.graph!.node) if (node.name === 'head') expect(node.docString).toBe('the head');
    const answered = await answer(result);
    expect(answered.every(Number.isFinite)).toBe(true);
    const { valueInfo, quantizationAnnotation, initializer } = result.graph!;
    for (const info of valueInfo) if (info.name === 'h') expect(valueDims(info)).toEqual(['n', 16]);
    for (const { quantParameterTensorNames } of quantizationAnnotation)
      for (const { value } of quantParameterTensorNames)
        expect(initializer.map((tensor) => tensor.name)).toContain(value);
    if (name.startsWith('quantize')) {
      const exact = await answer(documented());
      const noise = answered.reduce((sum, value, i) => sum + (value - exact[i]!) ** 2, 0);
      expect(noise).toBeLessThan(1e-3 * exact.reduce((sum, value) => sum + value ** 2, 0));
    }
  });
});

describe('sparse weights', () => {
  it('become dense where a pass makes constants visible, and are the same', async () => {
    const model = cloneModel(documented());
    const expected = await answer(model);
    const graph = new Graph(model);
    const dense = Array.from(tensorToFloats(denseTensor(graph.proto.sparseInitializer[0]!, 'sparse')));
    liftConstants(graph);
    expect(graph.proto.sparseInitializer).toEqual([]);
    expect(Array.from(tensorToFloats(graph.initializer('sparse')!))).toEqual(dense);
    expect(dense.filter((value) => value !== 0)).toHaveLength(8);
    expect(Array.from(await answer(model))).toEqual(Array.from(expected));
  });

  it.each<[string, bigint[], number[], RegExp]>([
    ['outside of the shape', [2n, 2n], [2, 0], /sparse index \[2,0\] lies outside of shape \[2,2\]/],
    ['that are negative', [2n, 2n], [0, -1], /lies outside/],
    ['of another length', [2n, 2n], [0, 0, 1, 1], /want indices of shape/],
  ])('are refused at the door with indices %s', (_name, dims, indices, message) => {
    const model = documented();
    model.graph!.sparseInitializer[0] = create(SparseTensorProtoSchema, {
      dims,
      values: floatTensor('sparse', [1], [1]),
      indices: int64Tensor('', [indices.length / 2, 2], indices),
    });
    expect(() => readModel(writeModel(model))).toThrow(message);
  });
});

it('a training graph imports the domains of its model, in their versions', () => {
  const b = new GraphBuilder();
  b.append(makeNode('Relu', ['x'], ['y']));
  b.importAll({
    ...documented(),
    opsetImport: [
      ['', 17],
      ['ai.onnx.ml', 3],
      ['com.microsoft', 1],
    ].map(([domain, version]) =>
      create(OperatorSetIdProtoSchema, { domain: String(domain), version: BigInt(version!) }),
    ),
  });
  expect(b.build(25).opsetImport.map(({ domain, version }) => [domain, version])).toEqual([
    ['', 25n],
    ['ai.onnx.ml', 3n],
    ['com.microsoft', 1n],
  ]);
  expect(b.build(25).irVersion).toBe(13n);
});

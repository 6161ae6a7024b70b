import { create } from '@bufbuild/protobuf';
import { QuantizeOptions } from '#contracts';
import { float32 } from '#inference';
import {
  DataType,
  GraphBuilder,
  GraphProtoSchema,
  makeNode,
  makeTensor,
  makeValueInfo,
  readModel,
  writeModel,
  type GraphProto,
  type NodeProto,
  type ValueInfoProto,
} from '#onnx';
import { quantizeModel } from '../schemes/quantize-model.js';

const wave = (count: number) => Float32Array.from({ length: count }, (_, i) => 0.5 * Math.sin(1.7 * i));
const scalar = (name: string, type = DataType.FLOAT) => makeValueInfo(name, type, []);

function bodyOf(node: NodeProto[], input: ValueInfoProto[], output: ValueInfoProto[]): GraphProto {
  return create(GraphProtoSchema, { name: 'body', node, input, output });
}

/** Ways to a value that another graph reads from outside; each gives its largest element. */
const READERS: Record<string, (b: GraphBuilder, value: string) => string> = {
  If: (b, value) => {
    const flag = b.initializer(makeTensor('flag', DataType.BOOL, [], Uint8Array.of(1)));
    const branch = (opType: string) =>
      bodyOf([makeNode(opType, [value], [`${opType}d`])], [], [makeValueInfo(`${opType}d`, DataType.FLOAT)]);
    return b.op('If', [flag], { then_branch: branch('Neg'), else_branch: branch('Identity') });
  },
  Loop: (b, value) => {
    const nodes = [
      makeNode('Identity', ['goOn'], ['goesOn']),
      makeNode('ReduceMax', [value], ['most'], { keepdims: 0 }),
      makeNode('Add', ['sum', 'most'], ['added']),
    ];
    const inputs = [scalar('turn', DataType.INT64), scalar('goOn', DataType.BOOL), scalar('sum')];
    const body = bodyOf(nodes, inputs, [scalar('goesOn', DataType.BOOL), scalar('added')]);
    const turns = b.initializer(makeTensor('turns', DataType.INT64, [], BigInt64Array.of(2n)));
    return b.op('Loop', [turns, '', b.float([0], [])], { body });
  },
  Scan: (b, value) => {
    const nodes = [
      makeNode('ReduceMax', [value], ['most'], { keepdims: 0 }),
      makeNode('Mul', ['step', 'most'], ['part']),
      makeNode('Add', ['sum', 'part'], ['added']),
      makeNode('Identity', ['added'], ['each']),
    ];
    const body = bodyOf(nodes, [scalar('sum'), scalar('step')], [scalar('added'), scalar('each')]);
    b.op('Scan', [b.float([0], []), b.float([1, 2, 3])], { body, num_scan_inputs: 1 }, { outputs: ['total', 'all'] });
    return 'total';
  },
};

/**
 * What may stand between a layer and the body that reads its result: the runtime carries pairs across some of these.
 */
const BETWEEN: Record<string, (b: GraphBuilder, value: string) => string> = {
  nothing: (_, value) => value,
  Reshape: (b, value) => b.op('Reshape', [value, b.ints([0, -1])]),
  Transpose: (b, value) => b.op('Transpose', [value], { perm: [0, 2, 3, 1] }),
  Unsqueeze: (b, value) => b.op('Unsqueeze', [value, b.ints([1])]),
  Slice: (b, value) => b.op('Slice', [value, b.ints([0]), b.ints([2]), b.ints([1])]),
  MaxPool: (b, value) => b.op('MaxPool', [value], { kernel_shape: [2, 2] }),
  Flatten: (b, value) => b.op('Flatten', [value]),
  Identity: (b, value) => b.op('Identity', [value]),
  Resize: (b, value) => b.op('Resize', [value, '', b.float([1, 1, 2, 2])], { mode: 'nearest' }),
  Concat: (b, value) => b.op('Concat', [value, value], { axis: 1 }),
  Split: (b, value) => b.ops('Split', 2, [value], { axis: 1, num_outputs: 2 })[1]!,
  'Sigmoid and Mul': (b, value) => b.op('Mul', [value, b.op('Sigmoid', [value])]),
  'Reshape and Transpose': (b, value) =>
    b.op('Transpose', [b.op('Reshape', [value, b.ints([0, 8, -1])])], { perm: [0, 2, 1] }),
};

/** One layer's result goes on to a second layer, and to a body. */
function captured(reader: string, between: string): Uint8Array {
  const b = new GraphBuilder('captured');
  const layer = (value: string, channels: number) =>
    b.op('Conv', [value, b.float(wave(72 * channels), [8, channels, 3, 3])], { pads: [1, 1, 1, 1] });
  const first = layer(b.input('x', ['n', 3, 8, 8]), 3);
  const largest = (value: string, name: string) =>
    b.op('ReduceMax', [value], { keepdims: 0 }, { outputs: [b.output(name, [], DataType.FLOAT)] });
  largest(layer(first, 8), 'y');
  largest(READERS[reader]!(b, BETWEEN[between]!(b, first)), 'read');
  return writeModel(b.build());
}

describe.each(Object.keys(READERS))('a value that the body of a %s reads', (reader) => {
  it.each(Object.keys(BETWEEN))('is quantized with %s between, and the runtime takes the model', async (between) => {
    const batches = () => [1, 2].map(() => ({ x: float32([4, 3, 8, 8], wave(4 * 192)) }));
    const model = readModel(captured(reader, between));
    const { layers, outputs } = await quantizeModel(model, QuantizeOptions.parse({}), () => batches, {
      threads: 1,
      seed: 0,
    });
    expect(layers).toHaveLength(2);
    outputs?.forEach(({ snrDb }) => expect(snrDb).toBeGreaterThan(20));
  });
});

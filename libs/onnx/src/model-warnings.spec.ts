import { create } from '@bufbuild/protobuf';
import { GraphBuilder } from './builder.js';
import { makeNode } from './graph.js';
import { inspectModel } from './inspect.js';
import { TypeProtoSchema, ValueInfoProtoSchema, type ModelProto } from './proto.js';
import { floatTensor } from './tensor.js';

/** x -> Gemm -> y, with what `change` adds. */
function net(change: (b: GraphBuilder) => void = () => undefined, weight = new Float32Array(4).fill(1)): ModelProto {
  const b = new GraphBuilder();
  change(b);
  const y = b.op('Gemm', [
    b.input('x', [1, 2]),
    b.initializer(floatTensor('w', [2, 2], weight)),
    b.initializer(floatTensor('b', [2], [0, 0])),
  ]);
  b.output(y, [1, 2]);
  return b.build();
}

function withSequence(model: ModelProto): ModelProto {
  const graph = model.graph!;
  graph.node.push(makeNode('SequenceConstruct', [graph.output[0]!.name], ['maps']));
  const type = create(TypeProtoSchema, {
    value: { case: 'sequenceType', value: { $typeName: 'onnx.TypeProto.Sequence' } },
  });
  graph.output.push(create(ValueInfoProtoSchema, { name: 'maps', type }));
  return model;
}

describe('the warnings of an inspection', () => {
  it.each<[string, ModelProto, string[]]>([
    ['nothing to say', net(), []],
    [
      'weights that are not finite',
      net(() => undefined, Float32Array.of(1, 1, Infinity, NaN)),
      ['weight "w" holds Infinity at [1, 0], the first of 2 such elements: passes refuse the model'],
    ],
    [
      'inputs that have a value in the file',
      net((b) => void [b.input('w', [2, 2]), b.input('b', [2])]),
      ['inputs "w", "b" have values in the file: passes take them for constants, which nobody can feed afterwards'],
    ],
    [
      'initializers that had to be listed as inputs',
      Object.assign(
        net((b) => void b.input('w', [2, 2])),
        { irVersion: 3n },
      ),
      [],
    ],
    [
      'an output that is no tensor',
      withSequence(net()),
      [
        'output "maps" is no tensor but sequences or maps: passes leave such as they are and do not compare them; ' +
          "skl2onnx writes tensors with options={'zipmap': False}",
      ],
    ],
    ['an input that nothing reads', net((b) => void b.input('mask', [1])), ['no node reads input "mask"']],
    [
      'statistics of the batch at hand',
      net(
        (b) =>
          void b.ops('BatchNormalization', 3, ['x', ...Array.from({ length: 4 }, () => b.float([1, 1]))], {
            training_mode: 1,
          }),
      ),
      [
        expect.stringMatching(
          /^exported in training mode: BatchNormalization .*; export the model in evaluation mode$/,
        ),
      ],
    ],
    [
      'scales that are not finite',
      net((b) => void b.op('QuantizeLinear', ['x', b.float(Infinity)])),
      [expect.stringMatching(/^scale "\w+" is not finite, .*quantize it again from its floats$/)],
    ],
    [
      'operators of the runtime',
      net((b) => void b.op('QuickGelu', ['x'], {}, { domain: 'com.microsoft' })),
      [expect.stringMatching(/^QuickGelu: operators of the runtime's own/)],
    ],
  ])('%s', (_what, model, warnings) => {
    expect(inspectModel(model).warnings).toEqual(warnings);
  });

  it('name the first few of many', () => {
    const many = net((b) => Array.from({ length: 9 }, (_, i) => b.input(`unused${i}`, [1])));
    expect(inspectModel(many).warnings).toEqual([
      'no node reads inputs "unused0", "unused1", "unused2", "unused3", "unused4" and 4 more',
    ]);
  });
});

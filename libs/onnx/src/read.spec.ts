import { readFileSync } from 'node:fs';
import { toBinary } from '@bufbuild/protobuf';
import { convNet, mlp, randomNumbers } from '#testing';
import { setAttribute } from './attributes.js';
import { GraphBuilder } from './builder.js';
import { InvalidModelError, InvalidTensorError, OnnxError, UnsupportedModelError } from './errors.js';
import { makeNode } from './graph.js';
import { inspectModel } from './inspect.js';
import { DataType, ModelProtoSchema, type ModelProto, type NodeProto } from './proto.js';
import { cloneModel, copyStructure, readModel } from './read.js';
import { writeModel } from './write.js';
import { floatTensor, makeTensor } from './tensor.js';

const example = (path: string) => readFileSync(new URL(`file://${process.cwd()}/examples/${path}`));
const EXAMPLES = ['seed-net/seed-net.onnx', 'lenet/lenet-5.onnx', 'lenet/lenet-300-100.onnx'];

const read = (model: ModelProto) => readModel(writeModel(model));
const changed = (change: (model: ModelProto) => void, model = mlp()) => {
  change(model);
  return writeModel(model);
};

describe('readModel and writeModel', () => {
  it.each(EXAMPLES)('writes %s back byte for byte', (path) => {
    const bytes = example(path);
    expect(Buffer.compare(writeModel(readModel(bytes)), bytes)).toBe(0);
  });

  it('writes the bytes that protobuf would, whatever the sizes of the weights', () => {
    for (const model of [
      mlp([8, 3]),
      mlp([64, 64, 10]),
      convNet({ channels: [3, 40, 40] }),
      new GraphBuilder().build(),
    ]) {
      expect(Buffer.compare(writeModel(model), toBinary(ModelProtoSchema, model))).toBe(0);
    }
  });

  it('keeps fields that this build does not know', () => {
    const unknown = Uint8Array.of(0xfa, 0x7f, 3, 1, 2, 3); // field 2047, three bytes
    const bytes = new Uint8Array([...writeModel(mlp()), ...unknown]);
    expect(Buffer.from(writeModel(readModel(bytes))).includes(Buffer.from(unknown))).toBe(true);
  });

  it('keeps them inside graphs and tensors, too', () => {
    const model = mlp([64, 64]);
    const unknown = { no: 2047, wireType: 2, data: Uint8Array.of(2, 77, 78) };
    model.graph!.$unknown = [unknown];
    model.graph!.initializer[0]!.$unknown = [unknown];
    const again = readModel(writeModel(model)).graph!;
    expect([again.$unknown, again.initializer[0]!.$unknown]).toEqual([[unknown], [unknown]]);
  });

  it('copies models so that they share no memory', () => {
    const model = readModel(Buffer.from(writeModel(mlp())));
    const copy = cloneModel(model);
    copy.graph!.initializer[0]!.rawData.fill(0);
    copy.graph!.node.pop();
    expect(model.graph!.initializer[0]!.rawData.some((byte) => byte !== 0)).toBe(true);
    expect(model.graph!.node.length).toBe(copy.graph!.node.length + 1);
  });

  it('reads values of graphs around a subgraph', () => {
    const body = new GraphBuilder('s');
    body.op('Relu', ['x'], {}, { outputs: [body.output('y')] });
    const builder = new GraphBuilder();
    const condition = builder.initializer(makeTensor('condition', DataType.BOOL, [], Uint8Array.of(1)));
    builder.input('x', [1]);
    const branch = body.build().graph!;
    builder.output(builder.op('If', [condition], { then_branch: branch, else_branch: branch }));
    expect(read(builder.build()).graph!.node[0]!.opType).toBe('If');
  });
});

describe('readModel refuses', () => {
  it.each([
    ['an empty file', new Uint8Array()],
    ['text', new TextEncoder().encode('{"not": "a model"}')],
    ['an image', Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a)],
    ['an archive', Uint8Array.of(0x50, 0x4b, 3, 4, 20, 0, 0, 0, 8, 0)],
    ['a message without a graph', Uint8Array.of(8, 8)],
  ])('%s', (_, bytes) => {
    expect(() => readModel(bytes)).toThrow(InvalidModelError);
  });

  it.each([6, 27, 1000])('opset %i, saying which it reads', (opset) => {
    expect(() => read(new GraphBuilder().build(opset))).toThrow(/opset \d+: export with opset 7 to 26/);
  });

  it('a newer IR version', () => {
    expect(() => read(new GraphBuilder().build(21, 14))).toThrow(UnsupportedModelError);
  });

  it('a node of a custom operator domain, naming node and domain', () => {
    const bytes = changed(({ graph }) =>
      graph!.node.push(makeNode('Magic', ['x'], ['m'], {}, { name: 'trick', domain: 'acme.ops' })),
    );
    expect(() => readModel(bytes)).toThrow(/"trick" \(Magic\).*"acme.ops"/);
  });

  it.each<[string, RegExp, (model: ModelProto) => void]>([
    [
      'a value that nothing defines',
      /reads "ghost", which nothing defines/,
      ({ graph }) => graph!.node.push(makeNode('Relu', ['ghost'], ['r'])),
    ],
    ['nodes out of order', /not in topological order/, ({ graph }) => (graph!.node = graph!.node.toReversed())],
    ['a value defined twice', /"x".*defined twice/, ({ graph }) => graph!.node.push(makeNode('Relu', ['x'], ['x']))],
    ['an output that no node produces', /graph output "nowhere"/, ({ graph }) => (graph!.output[0]!.name = 'nowhere')],
    [
      'an operator named like a property of every object',
      /"constructor" is not/,
      ({ graph }) => (graph!.node[0]!.opType = 'constructor'),
    ],
    ['an attribute named like one', /"toString" is not/, ({ graph }) => setAttribute(graph!.node[0]!, 'toString', 1)],
    [
      'a value named __proto__',
      /"__proto__" is not/,
      ({ graph }) => graph!.node.push(makeNode('Relu', ['x'], ['__proto__'])),
    ],
    ['a node without an op type', /no op type/, ({ graph }) => (graph!.node[0]!.opType = '')],
  ])('%s', (_, message, change) => {
    const bytes = changed(change);
    expect(() => readModel(bytes)).toThrow(InvalidModelError);
    expect(() => readModel(bytes)).toThrow(message);
  });

  it.each<[string, RegExp, (model: ModelProto) => void]>([
    ['too few bytes', /needs \d+ bytes, got 8/, ({ graph }) => (graph!.initializer[0]!.rawData = new Uint8Array(8))],
    ['a negative dimension', /negative dimension/, ({ graph }) => (graph!.initializer[0]!.dims = [-1n])],
    ['an unknown element type', /unknown\(99\)/, ({ graph }) => (graph!.initializer[0]!.dataType = 99)],
    [
      'data in another file that it does not name',
      /names no location/,
      ({ graph }) => (graph!.initializer[0]!.dataLocation = 1),
    ],
    ['typed and raw data', /both/, ({ graph }) => graph!.initializer[0]!.floatData.push(1)],
    ['a bad Constant', /needs 12 bytes/, ({ graph }) => graph!.node.unshift(constantOf(3, 8))],
  ])('a tensor with %s', (_, message, change) => {
    const bytes = changed(change);
    expect(() => readModel(bytes)).toThrow(InvalidTensorError);
    expect(() => readModel(bytes)).toThrow(message);
  });

  it.each<[string, (model: ModelProto) => void]>([
    ['tensorElements', ({ graph }) => (graph!.initializer[0]!.dims = [1n << 40n, 1n << 40n])],
    ['rank', ({ graph }) => (graph!.initializer[0]!.dims = new Array<bigint>(17).fill(1n))],
    ['nodeAttributes', ({ graph }) => manyAttributes(graph!.node[0]!, 257)],
    ['nodeValues', ({ graph }) => (graph!.node[0]!.input = new Array<string>(20_000).fill('x'))],
    ['nameLength', ({ graph }) => (graph!.node[0]!.name = 'n'.repeat(5000))],
  ])('what passes the limit %s', (limit, change) => {
    expect(() => readModel(changed(change))).toThrow(expect.objectContaining({ code: 'model_limit', limit }));
  });

  it.each([
    [20, 'nestingDepth'],
    [60, 'messageDepth'],
  ])('graphs nested %i deep', (depth, limit) => {
    expect(() => readModel(nested(depth))).toThrow(expect.objectContaining({ limit }));
  });

  it.each(['modelBytes', 'nodes', 'graphValues', 'tensorBytes'] as const)(
    'what passes the limit %s that the caller sets',
    (limit) => {
      expect(() => readModel(writeModel(mlp()), { limits: { [limit]: 2 } })).toThrow(
        expect.objectContaining({ limit, allowed: 2 }),
      );
    },
  );
});

describe('a damaged file', () => {
  const whole = writeModel(convNet({ channels: [1, 2, 2] }));

  it('is never read when it is truncated inside the graph', () => {
    for (let length = 0; length < whole.length; length += 7) {
      expect(outcome(whole.slice(0, length))).not.toBe('read');
    }
  });

  it('gives a typed error or a readable model when bits flip', () => {
    const random = randomNumbers(99);
    for (let round = 0; round < 3000; round++) {
      const bytes = whole.slice();
      for (let flip = 0; flip < 1 + (round % 4); flip++)
        bytes[Math.floor(random() * bytes.length)]! ^= 1 << Math.floor(random() * 8);
      expect(['read', 'refused']).toContain(outcome(bytes));
    }
  });
});

/** Reading and inspecting may only succeed or throw an OnnxError. */
function outcome(bytes: Uint8Array): string {
  try {
    inspectModel(readModel(bytes));
    return 'read';
  } catch (error) {
    return error instanceof OnnxError ? 'refused' : String(error);
  }
}

function constantOf(elements: number, bytes: number) {
  const tensor = floatTensor('', [elements], new Float32Array(elements));
  tensor.rawData = new Uint8Array(bytes);
  return makeNode('Constant', [], ['k'], { value: tensor });
}

function manyAttributes(node: NodeProto, count: number): void {
  for (let i = 0; i < count; i++) setAttribute(node, `a${i}`, i);
}

function field(number: number, body: Uint8Array): Uint8Array {
  return Uint8Array.from([...varint((number << 3) | 2), ...varint(body.length), ...body]);
}

/** A model whose If bodies hold each other, written from the inside out. */
function nested(depth: number): Uint8Array {
  let graph: Uint8Array = new Uint8Array();
  for (let level = 0; level < depth; level++) {
    const opType = field(4, new TextEncoder().encode('If'));
    const attribute = field(5, field(6, graph));
    graph = field(1, Uint8Array.from([...opType, ...attribute]));
  }
  return Uint8Array.from([8, 10, ...field(8, Uint8Array.of(16, 21)), ...field(7, graph)]);
}

function varint(value: number): number[] {
  return value < 128 ? [value] : [(value & 127) | 128, ...varint(value >>> 7)];
}

describe('copyStructure', () => {
  it('gives a model of its own whose stored tensors are those of the original', () => {
    const model = mlp();
    const before = writeModel(model);
    const copy = copyStructure(model);
    expect(Buffer.compare(writeModel(copy), before)).toBe(0);
    expect(copy.graph!.initializer.every((tensor, i) => tensor === model.graph!.initializer[i])).toBe(true);
    copy.graph!.node[0]!.name = 'renamed';
    copy.graph!.initializer.pop();
    copy.graph!.output.pop();
    expect(Buffer.compare(writeModel(model), before)).toBe(0);
  });
});

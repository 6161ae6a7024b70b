import { create, toBinary } from '@bufbuild/protobuf';
import { float32, Session } from '#inference';
import { Float, makeAttribute, type AttributeValue } from './attributes.js';
import { GraphBuilder, makeValueInfo } from './builder.js';
import { Graph, makeNode } from './graph.js';
import { inspectModel } from './inspect.js';
import {
  AttributeProtoSchema,
  AttributeType,
  DataType,
  FunctionProtoSchema,
  ModelProtoSchema,
  OperatorSetIdProtoSchema,
  StringStringEntryProtoSchema,
  type FunctionProto,
  type GraphProto,
  type ModelProto,
  type NodeProto,
} from './proto.js';
import { MODEL_LIMITS } from './limits.js';
import { parseModel, readModel } from './read.js';
import { runnableBytes } from './runnable.js';
import { floatTensor, int64Tensor, makeTensor } from './tensor.js';
import { writeModel } from './write.js';

const X = Float32Array.of(-1.5, 0.5, 2, -0.25);
const OPSET = 18;

interface Given {
  attributes?: string[];
  defaults?: Record<string, AttributeValue>;
  imports?: Record<string, number>;
  overload?: string;
}

function fn(
  name: string,
  input: string[],
  output: string[],
  node: NodeProto[],
  { attributes = [], defaults = {}, imports = { '': OPSET }, overload = '' }: Given = {},
): FunctionProto {
  return create(FunctionProtoSchema, {
    domain: 'pkg.mod',
    name,
    overload,
    input,
    output,
    node,
    attribute: attributes,
    attributeProto: Object.entries(defaults).map(([key, value]) => makeAttribute(key, value)),
    opsetImport: Object.entries({ 'pkg.mod': 1, ...imports }).map(([domain, version]) =>
      create(OperatorSetIdProtoSchema, { domain, version: BigInt(version) }),
    ),
  });
}

/** The node with an attribute that a function's attribute of another name gives. */
function referring(node: NodeProto, name: string, from: string, type: AttributeType): NodeProto {
  node.attribute.push(create(AttributeProtoSchema, { name, refAttrName: from, type }));
  return node;
}

const call = (
  name: string,
  input: string[],
  output: string[],
  attributes: Record<string, AttributeValue> = {},
  node = '',
) => makeNode(name, input, output, attributes, { domain: 'pkg.mod', name: node });

/** x [4] -> nodes -> y (and what else is listed) */
function net(nodes: NodeProto[], functions: FunctionProto[], outputs = ['y'], opset = OPSET): ModelProto {
  const b = new GraphBuilder();
  b.input('x', [4]);
  for (const node of nodes) b.append(node);
  for (const output of outputs) b.output(output, [4]);
  const model = b.build(opset, 10);
  model.functions = functions;
  const isOwn = (entry: { domain: string }) => entry.domain === 'pkg.mod';
  if (functions.some(isOwn) && !model.opsetImport.some(isOwn))
    model.opsetImport.push(create(OperatorSetIdProtoSchema, { domain: 'pkg.mod', version: 1n }));
  return model;
}

async function run(model: ModelProto): Promise<Record<string, number[]>> {
  const session = await Session.create(toBinary(ModelProtoSchema, model), { optimization: 'disabled' });
  const results = await session.run({ x: float32([4], X) });
  await session.release();
  return Object.fromEntries(
    Object.entries(results).map(([name, { data }]) => [name, Array.from(data as Float32Array)]),
  );
}

const read = (model: ModelProto) => readModel(writeModel(model));

function branch(node: NodeProto[], output: string): GraphProto {
  const b = new GraphBuilder();
  for (const each of node) b.append(each);
  b.output(output, [4]);
  return b.build().graph!;
}

const positive = () => [
  makeNode('ReduceSum', ['x'], ['total'], { keepdims: 0 }),
  makeNode('Greater', ['total', 'zero'], ['isPositive']),
];
const zero = () => makeNode('Constant', [], ['zero'], { value_float: new Float(0) });
const scaled = () =>
  fn(
    'Scaled',
    ['a'],
    ['b'],
    [
      referring(makeNode('Constant', [], ['k']), 'value_float', 'factor', AttributeType.FLOAT),
      makeNode('Mul', ['a', 'k'], ['b']),
    ],
    { defaults: { factor: new Float(3) } },
  );

const EQUAL: [string, () => ModelProto][] = [
  [
    'one function that is called twice',
    () =>
      net(
        [call('Block', ['x'], ['h']), call('Block', ['h'], ['y'])],
        [fn('Block', ['a'], ['b'], [makeNode('Relu', ['a'], ['r']), makeNode('Add', ['r', 'a'], ['b'])])],
      ),
  ],
  [
    'an attribute that the call gives',
    () =>
      net(
        [call('Leaky', ['x'], ['y'], { slope: new Float(0.25) })],
        [
          fn(
            'Leaky',
            ['a'],
            ['b'],
            [referring(makeNode('LeakyRelu', ['a'], ['b']), 'alpha', 'slope', AttributeType.FLOAT)],
            { attributes: ['slope'] },
          ),
        ],
      ),
  ],
  [
    'an attribute that nobody gives',
    () =>
      net(
        [call('Leaky', ['x'], ['y'])],
        [
          fn(
            'Leaky',
            ['a'],
            ['b'],
            [referring(makeNode('LeakyRelu', ['a'], ['b']), 'alpha', 'slope', AttributeType.FLOAT)],
            { attributes: ['slope'] },
          ),
        ],
      ),
  ],
  [
    'an attribute with a default',
    () => net([call('Scaled', ['x'], ['h'], { factor: new Float(2) }), call('Scaled', ['h'], ['y'])], [scaled()]),
  ],
  [
    'functions within functions, which hand their attributes on',
    () =>
      net(
        [call('Outer', ['x'], ['y'], { outer: new Float(5) })],
        [
          fn(
            'Outer',
            ['a'],
            ['b'],
            [
              referring(call('Scaled', ['a'], ['r']), 'factor', 'outer', AttributeType.FLOAT),
              call('Scaled', ['r'], ['b']),
            ],
            { attributes: ['outer'] },
          ),
          scaled(),
        ],
      ),
  ],
  [
    'an input that the call leaves out',
    () =>
      net(
        [call('Limit', ['x', '', 'one'], ['y']), makeNode('Identity', ['x'], ['unused'])].toSpliced(
          0,
          0,
          makeNode('Constant', [], ['one'], { value_float: new Float(1) }),
        ),
        [fn('Limit', ['a', 'low', 'high'], ['b'], [makeNode('Clip', ['a', 'low', 'high'], ['b'])])],
      ),
  ],
  [
    'inputs at the end that the call leaves out',
    () =>
      net(
        [call('Limit', ['x'], ['y'])],
        [
          fn(
            'Limit',
            ['a', 'low', 'high'],
            ['b'],
            [makeNode('Clip', ['a', 'low', 'high'], ['r']), makeNode('Relu', ['r'], ['b'])],
          ),
        ],
      ),
  ],
  [
    'an output that the call leaves out',
    () =>
      net(
        [call('Two', ['x'], ['', 'y'])],
        [fn('Two', ['a'], ['b', 'c'], [makeNode('Relu', ['a'], ['b']), makeNode('Neg', ['b'], ['c'])])],
      ),
  ],
  [
    'one input for two of the function',
    () => net([call('Sum', ['x', 'x'], ['y'])], [fn('Sum', ['a', 'b'], ['c'], [makeNode('Add', ['a', 'b'], ['c'])])]),
  ],
  [
    'names that the graph has as well',
    () =>
      net(
        [makeNode('Neg', ['x'], ['r']), call('Block', ['r'], ['call']), makeNode('Add', ['call', 'r'], ['y'])],
        [
          fn(
            'Block',
            ['x'],
            ['y'],
            [makeNode('Relu', ['x'], ['r'], {}, { name: 'r' }), makeNode('Add', ['r', 'x'], ['y'])],
          ),
        ],
      ),
  ],
  [
    'bodies that capture values of the function',
    () =>
      net(
        [call('Choose', ['x'], ['h'], {}, 'first'), call('Choose', ['h'], ['y'], {}, 'second')],
        [
          fn(
            'Choose',
            ['x'],
            ['y'],
            [
              zero(),
              ...positive(),
              makeNode('If', ['isPositive'], ['y'], {
                then_branch: branch([makeNode('Mul', ['x', 'total'], ['local'])], 'local'),
                else_branch: branch(
                  [
                    makeNode('Neg', ['x'], ['local']),
                    makeNode('If', ['isPositive'], ['inner'], {
                      then_branch: branch([makeNode('Identity', ['local'], ['deep'])], 'deep'),
                      else_branch: branch([makeNode('Sub', ['local', 'total'], ['deep'])], 'deep'),
                    }),
                  ],
                  'inner',
                ),
              }),
            ],
          ),
        ],
      ),
  ],
  [
    'calls within bodies',
    () =>
      net(
        [
          zero(),
          ...positive(),
          makeNode('If', ['isPositive'], ['y'], {
            then_branch: branch([call('Scaled', ['x'], ['s'])], 's'),
            else_branch: branch(
              [call('Scaled', ['x'], ['n'], { factor: new Float(-1) }), call('Scaled', ['n'], ['m'])],
              'm',
            ),
          }),
        ],
        [scaled()],
      ),
  ],
  [
    'a function of the name of an operator, which the runtime does not ask for',
    () =>
      net(
        [makeNode('Relu', ['x'], ['y'])],
        [Object.assign(fn('Relu', ['a'], ['b'], [makeNode('Neg', ['a'], ['b'])]), { domain: '' })],
      ),
  ],
  [
    'a domain of the runtime that only the function imports',
    () =>
      net(
        [call('Quick', ['x'], ['y'])],
        [
          fn('Quick', ['a'], ['b'], [makeNode('QuickGelu', ['a'], ['b'], {}, { domain: 'com.microsoft' })], {
            imports: { '': OPSET, 'com.microsoft': 1 },
          }),
        ],
      ),
  ],
];

describe('reading a model with functions', () => {
  it.each(EQUAL)('keeps what it computes: %s', async (_name, make) => {
    const inlined = read(make());
    expect(inlined.functions).toEqual([]);
    expect(Object.keys(inspectModel(inlined).ops).filter((op) => op.startsWith('pkg'))).toEqual([]);
    expect(inlined.opsetImport.map(({ domain }) => domain)).not.toContain('pkg.mod');
    expect(await run(inlined)).toEqual(await run(make()));
    expect(read(inlined)).toEqual(inlined);
  });

  it('takes a graph as an attribute, whose names are those around the call', () => {
    const choice = makeNode('If', ['c'], ['b'], {});
    for (const name of ['then_branch', 'else_branch']) referring(choice, name, 'body', AttributeType.GRAPH);
    const model = net(
      [
        makeNode('Neg', ['x'], ['a']),
        makeNode('Constant', [], ['c'], { value: makeTensor('', DataType.BOOL, [], Uint8Array.of(1)) }),
        call('Either', ['c', 'x'], ['y'], { body: branch([makeNode('Relu', ['a'], ['r'])], 'r') }),
      ],
      [fn('Either', ['c', 'a'], ['b'], [choice], { attributes: ['body'] })],
    );
    const inlined = read(model).graph!.node.at(-1)!;
    expect(inlined.attribute.map(({ name, g }) => [name, g!.node[0]!.input])).toEqual([
      ['then_branch', ['a']],
      ['else_branch', ['a']],
    ]);
  });

  it('leaves files alone that the runtime runs as they are', () => {
    const bytes = writeModel(net([call('Scaled', ['x'], ['y'])], [scaled()]));
    expect(runnableBytes(bytes)).toBe(bytes);
  });

  it('passes on an output that is an input as it came', async () => {
    const inlined = read(
      net(
        [call('Both', ['x'], ['y', 'z'])],
        [fn('Both', ['a'], ['a', 'c'], [makeNode('Neg', ['a'], ['c'])])],
        ['y', 'z'],
      ),
    );
    expect(await run(inlined)).toEqual({ y: Array.from(X), z: Array.from(X, (value) => -value) });
  });

  it('takes the overload that the call names', async () => {
    const overloads = [
      ['', 'Neg'],
      ['abs', 'Abs'],
      ['exp', 'Exp'],
    ].map(([overload, op]) => fn('F', ['a'], ['b'], [makeNode(op!, ['a'], ['b'])], { overload: overload! }));
    const inlined = read(
      net([Object.assign(call('F', ['x'], ['h']), { overload: 'abs' }), call('F', ['h'], ['y'])], overloads),
    );
    expect(inlined.graph!.node.map(({ opType }) => opType)).toEqual(['Abs', 'Neg']);
    expect((await run(inlined))['y']).toEqual(Array.from(X, (value) => -Math.abs(value)));
  });

  it.each([
    ['older than the model', 11, 20],
    ['newer than the model', 20, 11],
  ])('brings functions and graph to one opset: a function %s', async (_name, inside, outside) => {
    const sum = (opset: number, from: string, to: string) => {
      const axes = opset < 13 ? { axes: [0] } : {};
      return [
        ...(opset < 13 ? [] : [makeNode('Constant', [], [`${to}Axes`], { value: int64Tensor('', [1], [0]) })]),
        makeNode('ReduceSum', [from, ...(opset < 13 ? [] : [`${to}Axes`])], [to], { ...axes, keepdims: 1 }),
      ];
    };
    // The axes that the function's own attribute gives become an input by the lift.
    const byReference =
      inside < 13
        ? [referring(makeNode('ReduceSum', ['b'], ['c'], { keepdims: 1 }), 'axes', 'along', AttributeType.INTS)]
        : sum(inside, 'b', 'c');
    const functions = [
      fn('Total', ['a'], ['d'], [...sum(inside, 'a', 'b'), ...byReference, makeNode('Neg', ['c'], ['d'])], {
        attributes: ['along'],
        imports: { '': inside },
      }),
    ];
    const model = net(
      [...sum(outside, 'x', 's'), makeNode('Sub', ['x', 's'], ['h']), call('Total', ['h'], ['y'], { along: [0] })],
      functions,
      ['y'],
      outside,
    );
    model.graph!.output[0]!.type = undefined;
    const inlined = read(model);
    expect(Number(inlined.opsetImport.find(({ domain }) => domain === '')!.version)).toBe(20);
    const total = X.reduce((all, value) => all + value, 0);
    expect((await run(inlined))['y']![0]).toBeCloseTo(3 * total, 5);
    // The runtime knows one opset a file.
    await expect(run(model)).rejects.toThrow();
    expect((await run(parseModel(runnableBytes(writeModel(model)), MODEL_LIMITS)))['y']![0]).toBeCloseTo(3 * total, 5);
  });

  it('keeps names that people can find their layers by, and what exporters say of them', () => {
    const node = makeNode('Relu', ['a'], ['b'], {}, { name: 'act' });
    const outer = call('Block', ['x'], ['y'], {}, 'encoder');
    outer.metadataProps = [create(StringStringEntryProtoSchema, { key: 'namespace', value: 'encoder.block' })];
    const [inlined] = read(net([outer], [fn('Block', ['a'], ['b'], [node])])).graph!.node;
    expect(inlined).toMatchObject({
      name: 'encoder/act',
      output: ['y'],
      metadataProps: [{ key: 'namespace', value: 'encoder.block' }],
    });
  });

  it('keeps the types that a function declares of its own values, under their new names', () => {
    const body = fn('Block', ['a'], ['b'], [makeNode('Neg', ['a'], ['m']), makeNode('Relu', ['m'], ['b'])]);
    body.valueInfo = ['a', 'm', 'unused', 'b'].map((name) => makeValueInfo(name, DataType.FLOAT, [4]));
    const { node, valueInfo } = read(net([call('Block', ['x'], ['y'], {}, 'encoder')], [body])).graph!;
    expect(valueInfo).toEqual([makeValueInfo(node[0]!.output[0]!, DataType.FLOAT, [4])]);
  });

  it('lets constants inside count as weights', () => {
    const inlined = read(
      net(
        [call('Layer', ['x'], ['y'])],
        [
          fn(
            'Layer',
            ['a'],
            ['b'],
            [
              makeNode('Constant', [], ['w'], { value: floatTensor('', [4, 4], new Float32Array(16).fill(1)) }),
              makeNode('MatMul', ['a', 'w'], ['b']),
            ],
          ),
        ],
      ),
    );
    expect(inspectModel(inlined)).toMatchObject({ parameters: 16, ops: { MatMul: 1, Constant: 1 } });
    expect(new Graph(inlined).outputs.map(({ name }) => name)).toEqual(['y']);
  });

  it.each<[string, () => ModelProto, RegExp]>([
    [
      'that calls itself',
      () =>
        net(
          [call('A', ['x'], ['y'])],
          [fn('A', ['a'], ['b'], [call('B', ['a'], ['b'])]), fn('B', ['a'], ['b'], [call('A', ['a'], ['b'])])],
        ),
      /function "pkg\.mod\.A" calls itself, at node A -> "y"/,
    ],
    [
      'that is given too many inputs',
      () => net([call('A', ['x', 'x'], ['y'])], [fn('A', ['a'], ['b'], [makeNode('Relu', ['a'], ['b'])])]),
      /gives 2 inputs to a function of 1/,
    ],
    [
      'that is asked for too many outputs',
      () => net([call('A', ['x'], ['y', 'z'])], [fn('A', ['a'], ['b'], [makeNode('Relu', ['a'], ['b'])])]),
      /takes 2 outputs from a function of 1/,
    ],
    [
      'that is given an attribute of another type',
      () => net([call('Scaled', ['x'], ['y'], { factor: 'two' })], [scaled()]),
      /attribute "factor" of node Scaled -> "y" is of another type/,
    ],
    [
      'that exists twice',
      () => net([call('Scaled', ['x'], ['y'])], [scaled(), scaled()]),
      /function "pkg\.mod\.Scaled" is defined twice/,
    ],
    [
      'whose overload does not exist',
      () => net([Object.assign(call('Scaled', ['x'], ['y']), { overload: 'other' })], [scaled()]),
      /custom operator domain "pkg\.mod"/,
    ],
    [
      'whose output nothing gives',
      () => net([call('A', ['x'], ['y'])], [fn('A', ['a'], ['c'], [makeNode('Relu', ['a'], ['b'])])]),
      /output "c" of function "A" is produced by no node/,
    ],
    [
      'whose operators the imported opset does not have',
      () => net([call('A', ['x'], ['y'])], [fn('A', ['a'], ['b'], [makeNode('Gelu', ['a'], ['b'])])]),
      /opset 18 has no operator "Gelu": it came with version 20/,
    ],
    [
      'whose operators have no counterpart in the newer opset of the model',
      () =>
        net(
          [call('A', ['x'], ['y'])],
          [fn('A', ['a'], ['b', 'mask'], [makeNode('Dropout', ['a'], ['b', 'mask'])], { imports: { '': 9 } })],
        ),
      /Dropout node "b" cannot be lifted/,
    ],
    [
      'that would fill the memory',
      () => {
        const names = Array.from({ length: 24 }, (_, i) => `F${i}`);
        const functions = names.map((name, i) =>
          fn(
            name,
            ['a'],
            ['b'],
            i === 0
              ? [makeNode('Relu', ['a'], ['b'])]
              : [call(names[i - 1]!, ['a'], ['h']), call(names[i - 1]!, ['h'], ['b'])],
          ),
        );
        return net([call(names.at(-1)!, ['x'], ['y'])], functions);
      },
      /nodes, 1000 are allowed/,
    ],
  ])('refuses a function %s', (_name, make, message) => {
    expect(() => readModel(writeModel(make()), { limits: { nodes: 1000 } })).toThrow(message);
  });

  it('refuses a reference to an attribute where there is no function', () => {
    expect(() =>
      read(net([referring(makeNode('LeakyRelu', ['x'], ['y']), 'alpha', 'slope', AttributeType.FLOAT)], [])),
    ).toThrow(/refers to "slope" of a function, outside of any/);
  });
});

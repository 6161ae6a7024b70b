import { PruneOptions } from '#contracts';
import { Session, float32, type HostTensors } from '#inference';
import { seededRandom } from '#numbers';
import { Graph, GraphBuilder, intAttribute, tensorDims, writeModel, type ModelProto } from '#onnx';
import { pruneChannels } from './prune-channels.js';

const [STEPS, BATCH, WIDTH, HIDDEN] = [5, 3, 4, 8];
const GATES = { LSTM: 4, GRU: 3, RNN: 1 } as const;
type Op = keyof typeof GATES;

interface Shape {
  op: Op;
  directions: 1 | 2;
  /** What is given besides weights. */
  states?: 'zeros' | 'learned';
  peepholes?: boolean;
  linearBeforeReset?: boolean;
  lengths?: boolean;
  /** What is read of the last layer. */
  read?: 'sequence' | 'last';
  layers?: number;
}

/** Odd units, which no weight reads: neither their own layer's, nor whatever stands behind. */
const isUnread = (unit: number) => unit % 2 === 1;

/** x [steps, batch, width] -> recurrent layers -> Gemm -> y [batch, 5], as exporters write it. */
class Net {
  readonly b = new GraphBuilder();
  private readonly random = seededRandom(3);

  constructor(private readonly shape: Shape) {}

  build(): ModelProto {
    const { directions, layers = 1, read = 'sequence' } = this.shape;
    let x = this.b.input('x', [STEPS, BATCH, WIDTH]);
    let last = '';
    for (let layer = 0; layer < layers; layer++) {
      const outputs = this.layer(x, layer === 0 ? WIDTH : directions * HIDDEN, layer > 0);
      const turned = this.b.op('Transpose', [outputs[0] ?? ''], { perm: [0, 2, 1, 3] });
      x = this.b.op('Reshape', [turned, this.b.ints([0, 0, directions * HIDDEN])]);
      last = outputs[1] ?? '';
    }
    const mean = () => this.b.op('ReduceMean', [x, this.b.ints([0])], { keepdims: 0 });
    const rows = () => this.b.op('Transpose', [last], { perm: [1, 0, 2] });
    const features = read === 'sequence' ? mean() : this.b.op('Reshape', [rows(), this.b.ints([BATCH, -1])]);
    const weight = this.weights([5, directions * HIDDEN], (at) => isUnread(at % HIDDEN));
    this.b.op('Gemm', [features, weight], { transB: 1 }, { outputs: [this.b.output('y', [BATCH, 5])] });
    return this.b.build();
  }

  /** A layer; one behind another reads none of its odd units. */
  private layer(x: string, width: number, isBehind: boolean): readonly string[] {
    const { op, directions: d, states, peepholes, linearBeforeReset, lengths } = this.shape;
    const rows = GATES[op] * HIDDEN;
    const w = this.weights([d, rows, width], (at) => isBehind && isUnread((at % width) % HIDDEN));
    const r = this.weights([d, rows, HIDDEN], (at) => isUnread(at % HIDDEN));
    const state = () =>
      states === 'zeros'
        ? this.b.op('Expand', [this.b.float([0], [1, 1, 1]), this.b.ints([d, BATCH, HIDDEN])])
        : this.weights([d, BATCH, HIDDEN]);
    const inputs = [x, w, r, this.weights([d, 2 * rows]), lengths ? this.b.input('lengths', [BATCH], 6) : ''];
    if (states || peepholes) inputs.push(states ? state() : '');
    if (op === 'LSTM' && (states || peepholes)) inputs.push(states ? state() : '');
    if (peepholes) inputs.push(this.weights([d, 3 * HIDDEN]));
    const direction = d === 2 ? 'bidirectional' : 'forward';
    const reset = linearBeforeReset ? { linear_before_reset: 1 } : {};
    return this.b.ops(op, 2, inputs, { hidden_size: HIDDEN, direction, ...reset });
  }

  private weights(dims: readonly number[], isZero: (at: number) => boolean = () => false): string {
    const count = dims.reduce((product, dim) => product * dim, 1);
    const values = Float32Array.from({ length: count }, (_, at) => (isZero(at) ? 0 : this.random() * 2 - 1));
    return this.b.float(values, dims);
  }
}

const FEEDS: HostTensors = {
  x: float32(
    [STEPS, BATCH, WIDTH],
    Float32Array.from({ length: STEPS * BATCH * WIDTH }, (_, i) => Math.sin(i * i)),
  ),
};

async function answer(model: ModelProto, { lengths }: Shape): Promise<number[]> {
  const session = await Session.create(writeModel(model), { optimization: 'disabled' });
  const several = { lengths: { type: 'int32', dims: [BATCH], data: Int32Array.of(5, 2, 4) } } as const;
  const { y } = await session.run(lengths ? { ...FEEDS, ...several } : FEEDS);
  await session.release();
  return [...(y!.data as Float32Array)];
}

const NETS: [string, Shape][] = [
  ['an LSTM', { op: 'LSTM', directions: 1 }],
  ['a GRU', { op: 'GRU', directions: 1 }],
  ['a plain RNN', { op: 'RNN', directions: 1 }],
  ['an LSTM in both directions, its last state read', { op: 'LSTM', directions: 2, read: 'last' }],
  ['a GRU that is reset behind its product', { op: 'GRU', directions: 2, linearBeforeReset: true }],
  ['an LSTM with peepholes', { op: 'LSTM', directions: 2, peepholes: true }],
  ['an LSTM with learned first states', { op: 'LSTM', directions: 2, states: 'learned' }],
  ['a GRU over sequences of several lengths', { op: 'GRU', directions: 2, states: 'learned', lengths: true }],
  ['two layers in both directions', { op: 'LSTM', directions: 2, layers: 2, states: 'zeros' }],
  ['three layers of a GRU', { op: 'GRU', directions: 1, layers: 3, states: 'zeros', read: 'last' }],
];

describe('hidden units of recurrent layers', () => {
  it.each(NETS)('go where nothing reads them, and the output stays what it was: %s', async (_, shape) => {
    const model = new Net(shape).build();
    const before = await answer(model, shape);
    // Units that nothing reads have the least norm of what makes and what reads them.
    const options = PruneOptions.parse({ ratio: 0.5, multipleOf: 1, importance: 'l2' });
    const graph = new Graph(model);
    const { groups, skipped } = await pruneChannels(graph, options, { data: null, seed: 1, threads: 1 });
    const recurrent = graph.nodes.filter(({ opType }) => opType === shape.op);
    expect(groups.map(({ channels, kept, width }) => ({ channels, kept, width }))).toEqual(
      recurrent.map(() => ({ channels: HIDDEN, kept: HIDDEN / 2, width: 1 })),
    );
    expect(skipped.map(({ opType }) => opType)).toEqual(['Gemm']);
    for (const node of recurrent) {
      expect(intAttribute(node, 'hidden_size', 0)).toBe(HIDDEN / 2);
      const dims = tensorDims(graph.initializer(node.input[2] ?? '')!);
      expect(dims).toEqual([shape.directions, (GATES[shape.op] * HIDDEN) / 2, HIDDEN / 2]);
    }
    const after = await answer(graph.model, shape);
    after.forEach((value, i) => expect(value).toBeCloseTo(before[i]!, 5));
  });
});

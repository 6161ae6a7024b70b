import { QuantizeOptions } from '#contracts';
import { Graph, GraphBuilder } from '#onnx';
import { selectRecurrent } from './recurrent.js';

const [INPUT, HIDDEN] = [16, 16];

/** An LSTM, and a RNN beside it that has the same weights' shapes but for its gates. */
function graphOf(): Graph {
  const b = new GraphBuilder();
  const x = b.input('x', ['t', 'n', INPUT]);
  const layer = (opType: string, gates: number) => {
    const input = b.float(new Float32Array(gates * HIDDEN * INPUT).fill(0.1), [1, gates * HIDDEN, INPUT]);
    const state = b.float(new Float32Array(gates * HIDDEN * HIDDEN).fill(0.1), [1, gates * HIDDEN, HIDDEN]);
    const outputs = [b.output(`${opType}_y`, ['t', 1, 'n', HIDDEN])];
    b.op(opType, [x, input, state], { hidden_size: HIDDEN }, { outputs });
  };
  layer('LSTM', 4);
  layer('RNN', 1);
  const graph = new Graph(b.build());
  for (const node of graph.nodes) node.name = node.opType;
  return graph;
}

const select = (given: object) => {
  const { recurrent, skipped } = selectRecurrent(graphOf(), QuantizeOptions.parse({ target: 'onnxruntime', ...given }));
  return { chosen: recurrent.map(({ name }) => name), reasons: skipped.map(({ reason }) => reason) };
};

describe('recurrent layers', () => {
  it('whose weights are stored as integers are LSTMs and no others, of which nothing is said', () => {
    expect(select({ scheme: 'dynamic' })).toEqual({ chosen: ['LSTM'], reasons: [] });
  });

  it.each([
    [{ scheme: 'dynamic', exclude: ['LSTM'] }, 'excluded by the options'],
    [{ scheme: 'dynamic', opTypes: ['Gemm'] }, 'opTypes does not list LSTM'],
    [{ scheme: 'weightOnly' }, 'this scheme has no integer kernel for LSTM: use scheme static or dynamic'],
    [{ scheme: 'static', target: 'portable' }, 'use target onnxruntime'],
    [{ scheme: 'static', activationBits: 16 }, 'its kernel rounds activations to 8 bits, and 16 are asked for'],
  ])('are left alone with the reason: %j', (given, reason) => {
    expect(select(given)).toEqual({ chosen: [], reasons: [expect.stringContaining(reason)] });
  });

  it('are told of where they are stored at other bits than asked for', () => {
    const { chosen, reasons } = select({ scheme: 'static', weightBits: 4 });
    expect([chosen, reasons]).toEqual([['LSTM'], ['its weights are stored at 8 bits: its kernel knows no others']]);
  });
});

import { Session, float32 } from '#inference';
import { GraphBuilder, writeModel } from '#onnx';
import { flatGradient } from './flat-gradient.js';
import { GradientBuilder } from './gradient-builder.js';
import { keepRead } from './keep-read.js';
import { ParameterLayout } from './parameters.js';

const LAYOUT = new ParameterLayout([
  { name: 'first', dims: [2, 1] },
  { name: 'bias', dims: [2] },
  { name: 'last', dims: [2] },
]);

/** Gradients of three parameters as a backward pass writes them: the last layer's first; one is reshaped on its way. */
function written() {
  const g = new GradientBuilder(new GraphBuilder('t'), new Map(), () => undefined);
  g.graph.input('x', [2]);
  const last = g.neg('x');
  const bias = g.reshape(g.reshape(g.square('x'), [2, 1]), [2]);
  const first = g.reshape(g.op('Exp', ['x']), [2, 1]);
  return {
    g,
    gradients: new Map([
      ['first', first],
      ['bias', bias],
      ['last', last],
    ]),
  };
}

describe('the gradients in one vector', () => {
  it('follow the layout, whatever order they were written in', async () => {
    const { g, gradients } = written();
    g.graph.output(flatGradient(g, LAYOUT, gradients), [LAYOUT.size]);
    const session = await Session.create(writeModel(g.graph.build()));
    const [vector] = Object.values(await session.run({ x: float32([2], [1, 2]) }));
    const expected = [Math.exp(1), Math.exp(2), 1, 4, -1, -2];
    expect([...(vector!.data as Float32Array)]).toEqual(expected.map((value) => expect.closeTo(value, 5)));
  });

  it('are flattened from the one that is known last to the one that is known first, each in one step', () => {
    const { g, gradients } = written();
    const vector = flatGradient(g, LAYOUT, gradients);
    keepRead(g.graph, [vector]);
    expect(g.graph.nodes.map((node) => node.opType)).toEqual([
      'Neg',
      'Mul',
      'Exp',
      'Reshape',
      'Reshape',
      'Reshape',
      'Concat',
    ]);
    expect(g.graph.nodes.slice(3, 6).map((node) => node.input[0])).toEqual(
      [2, 1, 0].map((at) => g.graph.nodes[at]!.output[0]),
    );
  });
});

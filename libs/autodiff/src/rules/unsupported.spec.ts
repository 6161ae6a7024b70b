import { Graph, GraphBuilder, floatTensor, type Attributes } from '#onnx';
import { UnsupportedGradientError } from '../errors.js';
import { addGradients } from '../gradients.js';

/** Asks for the gradient by x [2, 3, 4, 4] of what `write` makes of it. */
function differentiate(write: (b: GraphBuilder) => string): void {
  const forward = new GraphBuilder();
  forward.input('x', [2, 3, 4, 4]);
  forward.input('n', [1]);
  const y = write(forward);
  const graph = new Graph(forward.build());
  const shapes = new Map(
    ['x', ...graph.nodes.flatMap((node) => node.output)].map((value): [string, number[]] => [value, [2, 3, 4, 4]]),
  );
  for (const tensor of graph.proto.initializer) shapes.set(tensor.name, tensor.dims.map(Number));
  addGradients({ graph, builder: new GraphBuilder('g'), shapes, seeds: new Map([[y, 'seed']]), targets: ['x'] });
}

const floats = (b: GraphBuilder, ...values: number[]) =>
  b.initializer(floatTensor(b.fresh('f'), [values.length], values));

/** A layer over x, its weights from x as well: only what it is asked to be matters here. */
function recurrent(b: GraphBuilder, attributes: Attributes, lengths = '', peepholes = ''): string {
  return b.op('LSTM', ['x', 'x', 'x', '', lengths, '', '', peepholes], { hidden_size: 2, ...attributes });
}

const REFUSED: [what: string, problem: RegExp, write: (b: GraphBuilder) => string][] = [
  [
    'axes of a reduction that are computed',
    /its axes are computed/,
    (b) => b.op('ReduceSum', ['x', b.op('Identity', ['n'])]),
  ],
  [
    'starts of a slice that are computed',
    /its starts are computed/,
    (b) => b.op('Slice', ['x', b.op('Identity', ['n']), b.ints([2])]),
  ],
  ['pads that are computed', /its pads are computed/, (b) => b.op('Pad', ['x', b.op('Identity', ['n'])])],
  [
    'a resize that keeps the aspect ratio',
    /only stretch/,
    (b) => b.op('Resize', ['x', '', '', b.ints([8, 6])], { axes: [2, 3], keep_aspect_ratio_policy: 'not_larger' }),
  ],
  [
    'a resize of a region',
    /tf_crop_and_resize/,
    (b) =>
      b.op('Resize', ['x', floats(b, 0, 1), floats(b, 1, 1, 2, 2)], {
        coordinate_transformation_mode: 'tf_crop_and_resize',
      }),
  ],
  [
    'a scale too small to change the size',
    /leaves a size as it is/,
    (b) => b.op('Resize', ['x', '', floats(b, 1, 1, 1, 1.1)]),
  ],
  [
    'a dropout in training mode that keeps its mask to itself',
    /its mask must be an output/,
    (b) => b.op('Dropout', ['x', '', b.op('Identity', ['n'])]),
  ],
  [
    'a recurrent layer for sequences of several lengths',
    /lengths of sequences have no gradient rule/,
    (b) => recurrent(b, {}, 'n'),
  ],
  [
    'other activations than the usual',
    /Softsign, Tanh have no gradient rule/,
    (b) => recurrent(b, { activations: ['Sigmoid', 'Softsign', 'Tanh'] }),
  ],
  ['gates that are clipped', /clipped gates/, (b) => recurrent(b, { clip: 3.5 })],
  ['gates that are coupled', /coupled gates/, (b) => recurrent(b, { input_forget: 1 })],
  ['a recurrent layer with the samples first', /layout 1/, (b) => recurrent(b, { layout: 1 })],
  ['peepholes', /peepholes/, (b) => recurrent(b, {}, '', b.float(new Float32Array(6), [1, 6]))],
  ['the diagonal of an Einsum', /reads a diagonal/, (b) => b.op('Einsum', ['x'], { equation: 'abcc->abc' })],
  [
    'a scatter that multiplies',
    /reduction "mul"/,
    (b) => b.op('ScatterElements', ['x', b.ints([0]), 'x'], { reduction: 'mul' }),
  ],
  ['a grid read by the nearest pixel', /linear of images/, (b) => b.op('GridSample', ['x', 'x'], { mode: 'nearest' })],
  [
    'a grid read beyond a mirror',
    /padding_mode "reflection"/,
    (b) => b.op('GridSample', ['x', 'x'], { padding_mode: 'reflection' }),
  ],
  [
    'values whose places are not told',
    /its indices must be an output/,
    (b) => b.op('TopK', ['x', b.ints([2])], {}, { outputs: ['y', ''] }),
  ],
  [
    'blocks of a computed shape',
    /the shape of its blocks/,
    (b) => b.op('Col2Im', ['x', b.ints([4, 4]), b.op('Identity', ['n'])]),
  ],
  [
    'attention to keys of earlier runs',
    /keys of earlier runs/,
    (b) => b.op('Attention', ['x', 'x', 'x', '', 'x', 'x'], {}, { outputs: ['y', 'k', 'v'] }),
  ],
  ['attention whose scores are capped', /capped scores/, (b) => b.op('Attention', ['x', 'x', 'x'], { softcap: 2.5 })],
  [
    'attention that gives its scores as well',
    /its fourth output gives scores/,
    (b) => b.op('Attention', ['x', 'x', 'x'], {}, { outputs: ['y', '', '', 'scores'] }),
  ],
  ['a norm of the order zero', /a norm of the order 0/, (b) => b.op('GlobalLpPool', ['x'], { p: 0 })],
  ['scales in blocks', /in blocks/, (b) => b.op('QuantizeLinear', ['x', floats(b, 1)], { block_size: 2 })],
  [
    'an output beside the first',
    /depends on its output "mean"/,
    (b) => {
      b.op('LayerNormalization', ['x', floats(b, 1, 1, 1, 1)], {}, { outputs: ['y', 'mean'] });
      return b.op('Mul', ['y', 'mean']);
    },
  ],
];

describe('what a rule cannot differentiate is refused with the name of the node', () => {
  it.each(REFUSED)('%s', (_, problem, write) => {
    expect(() => differentiate(write)).toThrow(UnsupportedGradientError);
    expect(() => differentiate(write)).toThrow(problem);
  });
});

it('a constant may stand in any form of a Constant node', () => {
  expect(() =>
    differentiate((b) => b.op('ReduceSum', ['x', b.op('Constant', [], { value_ints: [1, 2] })])),
  ).not.toThrow();
});

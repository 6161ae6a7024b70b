import { RULES } from './index.js';
import { DataType, floatTensor, int64Tensor, makeTensor } from '#onnx';
import { gradientErrors, type CheckedInput, type GradientCheck } from '#testing';

const x = (...dims: number[]): CheckedInput => ({ dims });
const above = (low: number, high: number, ...dims: number[]): CheckedInput => ({ dims, range: [low, high] });
const ints = (...values: number[]) => int64Tensor('', [values.length], values);
const ints32 = (...values: number[]) => makeTensor('', DataType.INT32, [values.length], Int32Array.from(values));
const scalar = (value: number) => makeTensor('', DataType.DOUBLE, [], Float64Array.of(value));

/** A grid of one row per sample that reads at these places x, y of an image. */
function grid(width: number, height: number, aligned: 0 | 1, places: readonly number[]): CheckedInput {
  const size = (i: number) => (i % 2 === 0 ? width : height);
  const samples = aligned + 1;
  const values = places.map((at, i) => (aligned ? (2 * at) / (size(i) - 1) : (2 * at + 1) / size(i)) - 1);
  return { dims: [samples, 1, places.length / 2 / samples, 2], values };
}

const sines = floatTensor('', [1, 3, 2], [0, 0.8, 0.9, 0.4, 0.6, 0.2]);

/** The operator is the entry's name unless it says otherwise. */
type Check = Omit<GradientCheck, 'opType'> & { opType?: string };

const IN_DOUBLE: Record<string, Check[]> = {
  Add: [{ inputs: [x(2, 3), x(3)] }, { inputs: [x(2, 1, 4), x(3, 1)] }, { inputs: [x(), x(2, 2)] }],
  Sub: [{ inputs: [x(2, 3), x(2, 1)] }],
  Mul: [{ inputs: [x(2, 3, 2), x(3, 1)] }],
  Div: [{ inputs: [x(2, 3), above(1, 2, 3)] }],
  Pow: [
    { inputs: [above(0.5, 2, 2, 3), above(0.5, 2, 3)] },
    { inputs: [{ dims: [3], values: [0, 1, -2] }, scalar(2)] },
    { inputs: [{ dims: [3], values: [0.2, 1, -2] }, scalar(3)] },
  ],
  Min: [{ inputs: [x(2, 3), x(3), x(2, 3)] }],
  Max: [{ inputs: [x(2, 3), x(3)] }, { inputs: [x(2, 2), { dims: [2], values: [0.2, 0.3] }, x(1)] }],
  Sum: [{ inputs: [x(2, 3), x(3), x(1)] }],
  Where: [
    { inputs: [makeTensor('', DataType.BOOL, [3], Uint8Array.of(1, 0, 1)), x(2, 3), x(1, 3)] },
    { inputs: [makeTensor('', DataType.BOOL, [2, 3], Uint8Array.of(1, 0, 1, 0, 0, 1)), x(3), x()] },
  ],
  Mod: [{ inputs: [above(1, 5, 2, 3), above(0.6, 0.9, 3)], attributes: { fmod: 1 } }],
  Expand: [{ inputs: [x(3, 1), ints(2, 3, 4)] }, { inputs: [x(3, 1), ints(1, 4)] }, { inputs: [x(), ints(2, 2)] }],
  Relu: [{ inputs: [x(3, 4)] }],
  Clip: [{ inputs: [x(3, 4), scalar(-0.5), scalar(0.5)] }, { inputs: [x(3, 4), '', scalar(0.5)] }],
  Sigmoid: [{ inputs: [x(3, 4)] }],
  Tanh: [{ inputs: [x(3, 4)] }],
  Neg: [{ inputs: [x(3)] }],
  Abs: [{ inputs: [x(3, 4)] }],
  Sqrt: [{ inputs: [above(0.5, 2, 4)] }],
  Exp: [{ inputs: [x(4)] }],
  Log: [{ inputs: [above(0.5, 2, 4)] }],
  Reciprocal: [{ inputs: [above(0.5, 2, 4)] }],
  Identity: [{ inputs: [x(4)] }],
  Dropout: [{ inputs: [x(4)] }, { inputs: [x(4), scalar(0.3)], outputs: 2, differentiated: 1 }],
  MatMul: [
    { inputs: [x(2, 3), x(3, 4)] },
    { inputs: [x(2, 3), x(3, 260)] },
    { inputs: [x(2, 2, 3), x(3, 4)] },
    { inputs: [x(2, 2, 3), x(2, 3, 4)] },
    { inputs: [x(2, 1, 2, 3), x(3, 3, 2)] },
    { inputs: [x(3), x(3, 4)] },
    { inputs: [x(2, 4, 3), x(3)] },
    { inputs: [x(3), x(2, 3, 4)] },
    { inputs: [x(3), x(3)] },
  ],
  Gemm: [
    { inputs: [x(2, 3), x(3, 4), x(4)] },
    { inputs: [x(2, 3), x(4, 3), x(2, 1)], attributes: { transB: 1, alpha: 0.5, beta: 0.25 } },
    { inputs: [x(3, 2), x(3, 4)], attributes: { transA: 1 } },
    { inputs: [x(3, 2), x(4, 3), x()], attributes: { transA: 1, transB: 1 } },
    { inputs: [x(2, 3), x(3, 4), x(1, 4)], attributes: { alpha: 2.5, beta: 0.5 } },
    { inputs: [x(2, 260), x(3, 260)], attributes: { transB: 1, alpha: 0.5 } },
  ],
  MaxPool: [
    { inputs: [x(1, 2, 5, 5)], attributes: { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] } },
    { inputs: [x(1, 2, 9)], attributes: { kernel_shape: [3], strides: [1] } },
    // Each but one of what makes windows lie side by side.
    { inputs: [x(1, 2, 9)], attributes: { kernel_shape: [2], strides: [3] } },
    { inputs: [x(1, 2, 9)], attributes: { kernel_shape: [2], strides: [2], dilations: [2] } },
    { inputs: [x(1, 2, 9)], attributes: { kernel_shape: [2], strides: [2], pads: [1, 0] } },
    { inputs: [x(1, 2, 9)], attributes: { kernel_shape: [2], strides: [2], pads: [0, 1] } },
  ],
  Reshape: [{ inputs: [x(2, 6), ints(3, -1)] }],
  Flatten: [{ inputs: [x(2, 3, 2)] }, { inputs: [x(3, 2, 2)], attributes: { axis: 0 } }],
  Squeeze: [{ inputs: [x(1, 3, 1), ints(0)] }, { inputs: [x(1, 3, 1)] }],
  Unsqueeze: [{ inputs: [x(3, 2), ints(1)] }],
  Transpose: [{ inputs: [x(2, 3, 4)], attributes: { perm: [2, 0, 1] } }, { inputs: [x(2, 3)] }],
  Concat: [{ inputs: [x(2, 1), x(2, 3)], attributes: { axis: -1 } }],
  Split: [
    { inputs: [x(5, 2), ints(2, 3)], attributes: { axis: 0 }, outputs: 2 },
    { inputs: [x(2, 7)], attributes: { axis: -1, num_outputs: 3 }, outputs: 3 },
  ],
  Slice: [
    { inputs: [x(5, 4), ints(1, -3), ints(4, 1000), ints(0, 1)] },
    { inputs: [x(7), ints(-1), ints(-1000), ints(0), ints(-2)] },
    { inputs: [x(7, 3), ints(-2, 2), ints(-1000, -1000), ints(-2, 1), ints(-3, -1)] },
    { inputs: [x(7), ints(1), ints(100), ints(0), ints(3)] },
  ],
  // The second is a codebook: every element of an index adds to its entry.
  Gather: [
    { inputs: [x(4, 3), ints(0, 2, 2)] },
    { inputs: [x(3, 4), int64Tensor('', [], [-1])], attributes: { axis: 1 } },
    { inputs: [x(4), int64Tensor('', [2, 3], [0, 3, 1, 1, 2, 0])] },
    { inputs: [x(2, 4, 3), int64Tensor('', [2, 2], [1, 1, -1, 0])], attributes: { axis: 1 } },
  ],
  Tile: [{ inputs: [x(2, 3), ints(2, 3)] }],
  Pad: [
    { inputs: [x(2, 3), ints(1, 0, 0, 2)] },
    { inputs: [x(1, 4), ints(0, 2, 0, 1)], attributes: { mode: 'reflect' } },
    { inputs: [x(3, 4), ints(2, 1, 0, 3)], attributes: { mode: 'edge' } },
    { inputs: [x(1, 4), ints(0, 2, 0, 1)], attributes: { mode: 'wrap' } },
    { inputs: [x(3, 4), ints(-1, 1, 2, -2)] },
    { inputs: [x(3, 4), ints(1, 2), '', ints(-1)] },
  ],
  ReduceSum: [
    { inputs: [x(2, 3, 2), ints(1)] },
    { inputs: [x(2, 3), ints(-1)], attributes: { keepdims: 0 } },
    { inputs: [x(2, 3)] },
    { inputs: [x(3, 2)], attributes: { noop_with_empty_axes: 1 } },
  ],
  ReduceMean: [{ inputs: [x(2, 3, 2), ints(0, 2)] }, { inputs: [x(2, 3)], attributes: { keepdims: 0 } }],
  ReduceMax: [{ inputs: [x(2, 5), ints(1)] }, { inputs: [x(2, 5)], attributes: { keepdims: 0 } }],
  ReduceMin: [{ inputs: [x(2, 5), ints(1)], attributes: { keepdims: 0 } }],
  ReduceL2: [{ inputs: [x(2, 5), ints(1)], attributes: { keepdims: 0 }, precision: 'float' }],
  ReduceSumSquare: [{ inputs: [x(2, 5), ints(1)] }],
  ReduceLogSumExp: [{ inputs: [x(2, 5), ints(1)] }],
  ReduceLogSum: [{ inputs: [above(0.5, 2, 2, 5), ints(1)] }],
  ReduceProd: [
    { inputs: [x(2, 5), ints(1)] },
    { inputs: [{ dims: [3, 3], values: [0.5, 0, -2, 0, 0, 3, 1.5, 2, -1] }, ints(-1)], attributes: { keepdims: 0 } },
  ],
  GatherElements: [
    { inputs: [x(3, 4), int64Tensor('', [2, 4], [0, 2, -1, 1, 0, 2, 0, 0])] },
    { inputs: [x(2, 4), int64Tensor('', [2, 3], [0, 0, -1, 3, 1, 1])], attributes: { axis: -1 } },
  ],
  GatherND: [
    { inputs: [x(3, 4), int64Tensor('', [2, 2], [0, 1, -1, 2])] },
    { inputs: [x(3, 4, 2), int64Tensor('', [2, 2, 1], [0, 2, 2, 0])] },
    { inputs: [x(2, 3, 4), int64Tensor('', [2, 2, 1], [0, 2, 1, 1])], attributes: { batch_dims: 1 } },
  ],
  ScatterElements: [
    { inputs: [x(3, 4), int64Tensor('', [1, 3], [2, 0, 1]), x(1, 3)] },
    {
      inputs: [x(2, 4), int64Tensor('', [2, 3], [0, 0, 1, 3, 1, 3]), x(2, 3)],
      attributes: { axis: 1, reduction: 'add' },
    },
  ],
  ScatterND: [
    { inputs: [x(4, 3), int64Tensor('', [2, 1], [2, 0]), x(2, 3)] },
    { inputs: [x(3, 3), int64Tensor('', [3, 2], [0, 1, 2, 2, 0, 1]), x(3)], attributes: { reduction: 'add' } },
  ],
  TopK: [
    { inputs: [x(3, 6), ints(2)], outputs: 2, differentiated: 1 },
    { inputs: [x(5, 2), ints(3)], attributes: { axis: 0, largest: 0 }, outputs: 2, differentiated: 1 },
  ],
  CumSum: [
    { inputs: [x(2, 4), int64Tensor('', [], [1])] },
    { inputs: [x(4, 2), int64Tensor('', [], [0])], attributes: { exclusive: 1, reverse: 1 } },
  ],
  Trilu: [{ inputs: [x(2, 3, 4)] }, { inputs: [x(4, 4), int64Tensor('', [], [-1])], attributes: { upper: 0 } }],
  Einsum: [
    { inputs: [x(2, 3), x(3, 4)], attributes: { equation: 'ij,jk->ik' } },
    { inputs: [x(2, 3, 4), x(2, 5, 4)], attributes: { equation: 'b i d, b j d -> b i j' } },
    { inputs: [x(2, 2, 3), x(3, 4)], attributes: { equation: '...i,ij->...j' } },
    { inputs: [x(2, 3), x(4, 3)], attributes: { equation: 'ij,kj' } },
    // Letters that are summed over alone, and an outer product.
    { inputs: [x(2, 3), x(4)], attributes: { equation: 'ij,k->ik' } },
    { inputs: [x(3), x(3), x(3, 2)], attributes: { equation: 'i,i,ij->j' } },
    { inputs: [x(2, 3, 4)], attributes: { equation: 'abc->ca' } },
    // Axes behind the dots that are spread.
    { inputs: [x(3, 1, 2), x(2, 2, 2)], attributes: { equation: 'b...d,c...d->bc...' } },
  ],
  Softmax: [{ inputs: [x(2, 5)] }, { inputs: [x(2, 3, 2)], attributes: { axis: 1 } }],
  LogSoftmax: [{ inputs: [x(2, 5)] }, { inputs: [x(3, 2, 2)], attributes: { axis: -2 } }],
};

const IN_FLOAT: Record<string, Check[]> = {
  // The products of attention, which in float32 have a kernel of their own.
  MatMul: [
    { inputs: [x(2, 2, 3), x(2, 3, 4)] },
    { inputs: [x(2, 1, 2, 3), x(3, 3, 2)] },
    { inputs: [x(2, 3), x(2, 3, 2)] },
  ],
  Conv: [
    { inputs: [x(2, 3, 5, 5), x(4, 3, 3, 3), x(4)] },
    { inputs: [x(2, 3, 5, 4), x(4, 3, 3, 2)], attributes: { pads: [1, 0, 2, 1] } },
    { inputs: [x(1, 2, 7, 6), x(3, 2, 3, 3)], attributes: { strides: [2, 2], pads: [1, 1, 1, 1] } },
    { inputs: [x(1, 2, 7, 7), x(3, 2, 3, 3)], attributes: { dilations: [2, 2], strides: [1, 2] } },
    { inputs: [x(2, 4, 5, 5), x(4, 1, 3, 3), x(4)], attributes: { group: 4, pads: [1, 1, 1, 1] } },
    { inputs: [x(2, 4, 5, 5), x(6, 2, 3, 3)], attributes: { group: 2, strides: [2, 2], auto_pad: 'SAME_UPPER' } },
    { inputs: [x(1, 4, 4, 4), x(8, 1, 3, 3)], attributes: { group: 4, auto_pad: 'SAME_LOWER' } },
    { inputs: [x(2, 17, 4, 4), x(3, 17, 2, 2)] },
    { inputs: [x(2, 16, 5, 4), x(2, 16, 3, 2)], attributes: { pads: [1, 0, 2, 1], dilations: [2, 1] } },
    { inputs: [x(1, 32, 4, 5), x(32, 32, 3, 3)], attributes: { pads: [1, 1, 1, 1] } },
    { inputs: [x(1, 16, 5, 5), x(2, 16, 3, 3)], attributes: { strides: [2, 2], pads: [1, 1, 1, 1] } },
    { inputs: [x(2, 3, 4, 4), x(5, 3, 1, 1)] },
    { inputs: [x(2, 3, 9), x(4, 3, 3), x(4)], attributes: { strides: [2], pads: [1, 1] } },
    { inputs: [x(1, 2, 3, 3), x(2, 2, 1, 1)], attributes: { pads: [1, 1, 1, 1] } },
  ],
  'Conv (blocked layout)': [
    { opType: 'Conv', block: 16, inputs: [x(2, 8, 5, 6), x(8, 1, 3, 3)], attributes: { group: 8, pads: [1, 1, 1, 1] } },
    {
      opType: 'Conv',
      block: 16,
      inputs: [x(1, 16, 6, 5), x(16, 1, 3, 3)],
      attributes: { group: 16, strides: [2, 2], pads: [1, 1, 1, 1] },
    },
    {
      opType: 'Conv',
      block: 16,
      inputs: [x(1, 16, 7, 7), x(16, 1, 3, 2)],
      attributes: { group: 16, dilations: [2, 1], pads: [2, 0, 2, 1] },
    },
  ],
  ConvTranspose: [
    {
      inputs: [x(1, 3, 3, 3), x(3, 2, 3, 3), x(2)],
      attributes: { strides: [2, 2], pads: [1, 1, 1, 1], output_padding: [1, 1] },
    },
    { inputs: [x(1, 4, 3, 3), x(4, 1, 2, 2)], attributes: { group: 2, strides: [2, 2] } },
    { inputs: [x(2, 2, 5), x(2, 3, 3)] },
    { inputs: [x(1, 2, 4, 4), x(2, 3, 3, 2)], attributes: { dilations: [2, 3], pads: [1, 0, 2, 1] } },
    { inputs: [x(1, 1, 3), x(1, 1, 2)], attributes: { strides: [3], output_padding: [2] } },
    // Pads that follow from the shape of the output, an odd one among them.
    { inputs: [x(1, 2, 4), x(2, 3, 3)], attributes: { strides: [2], output_shape: [8] } },
    { inputs: [x(1, 2, 4), x(2, 3, 4)], attributes: { strides: [2], output_shape: [7] } },
    { inputs: [x(1, 2, 4), x(2, 3, 3)], attributes: { strides: [2], auto_pad: 'SAME_UPPER' } },
    { inputs: [x(1, 2, 4), x(2, 3, 3)], attributes: { strides: [2], auto_pad: 'SAME_LOWER' } },
  ],
  MaxPool: [
    { inputs: [x(1, 2, 4, 4)], attributes: { kernel_shape: [2, 2], strides: [2, 2] } },
    { inputs: [x(1, 2, 5, 7)], attributes: { kernel_shape: [2, 3], strides: [2, 3] } },
  ],
  AveragePool: [
    { inputs: [x(1, 2, 4, 4)], attributes: { kernel_shape: [2, 2], strides: [2, 2] } },
    { inputs: [x(1, 2, 5, 5)], attributes: { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] } },
    {
      inputs: [x(1, 2, 5, 5)],
      attributes: { kernel_shape: [3, 3], strides: [2, 1], pads: [1, 1, 1, 1], count_include_pad: 1 },
    },
    { inputs: [x(1, 1, 6)], attributes: { kernel_shape: [4], strides: [3], ceil_mode: 1 } },
    {
      inputs: [x(1, 1, 6, 6)],
      attributes: { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1], ceil_mode: 1, count_include_pad: 1 },
    },
    { inputs: [x(1, 2, 5, 6)], attributes: { kernel_shape: [3, 2], strides: [2, 2], auto_pad: 'SAME_UPPER' } },
    { inputs: [x(1, 2, 5, 6)], attributes: { kernel_shape: [2, 2], strides: [2, 2], auto_pad: 'SAME_LOWER' } },
    { inputs: [x(1, 1, 8)], attributes: { kernel_shape: [3], dilations: [2], pads: [1, 1] } },
  ],
  GlobalAveragePool: [{ inputs: [x(2, 3, 4, 3)] }],
  GlobalMaxPool: [{ inputs: [x(2, 3, 3, 3)] }],
  LeakyRelu: [{ inputs: [x(3, 4)], attributes: { alpha: 0.1 } }],
  PRelu: [{ inputs: [x(2, 3, 2), x(3, 1)] }, { inputs: [x(2, 3), x(1)] }],
  Elu: [{ inputs: [x(3, 4)], attributes: { alpha: 0.7 } }],
  Selu: [{ inputs: [x(3, 4)] }, { inputs: [x(3, 4)], attributes: { alpha: 0.5, gamma: 1.5 } }],
  Celu: [{ inputs: [x(3, 4)], attributes: { alpha: 0.6 } }],
  ThresholdedRelu: [{ inputs: [x(3, 4)], attributes: { alpha: 0.3 } }],
  HardSigmoid: [{ inputs: [above(-4, 4, 3, 4)] }],
  HardSwish: [{ inputs: [above(-5, 5, 3, 4)] }],
  Erf: [{ inputs: [x(3, 4)] }],
  Gelu: [{ inputs: [above(-4, 4, 3, 4)] }, { inputs: [above(-4, 4, 3, 4)], attributes: { approximate: 'tanh' } }],
  Softplus: [{ inputs: [x(3, 4)] }],
  Softsign: [{ inputs: [x(3, 4)] }],
  Mish: [{ inputs: [above(-3, 3, 3, 4)] }],
  Sin: [{ inputs: [x(4)] }],
  Cos: [{ inputs: [x(4)] }],
  Tan: [{ inputs: [x(4)] }],
  Asin: [{ inputs: [above(-0.8, 0.8, 4)] }],
  Acos: [{ inputs: [above(-0.8, 0.8, 4)] }],
  Atan: [{ inputs: [above(-2, 2, 4)] }],
  Sinh: [{ inputs: [x(4)] }],
  Cosh: [{ inputs: [x(4)] }],
  Asinh: [{ inputs: [above(-2, 2, 4)] }],
  Acosh: [{ inputs: [above(1.5, 3, 4)] }],
  Atanh: [{ inputs: [above(-0.8, 0.8, 4)] }],
  Col2Im: [
    { inputs: [x(1, 8, 9), ints(4, 4), ints(2, 2)] },
    {
      inputs: [x(2, 6, 4), ints(3, 4), ints(2, 3)],
      attributes: { strides: [2, 2], pads: [1, 0, 0, 1], dilations: [1, 1] },
    },
  ],
  // Places off the pixels' own, where the slope jumps; some beyond the edge.
  GridSample: [
    { inputs: [x(1, 3, 4, 5), grid(5, 4, 0, [1.3, 2.6, -0.4, 1.2, 4.7, 0.6, 3.5, 3.3, -2.4, 5.6, 2.2, -0.7])] },
    {
      inputs: [x(2, 2, 4, 3), grid(3, 4, 1, [0.4, 0.7, 1.6, 2.5, 1.3, 1.2, 0.2, 2.8])],
      attributes: { align_corners: 1 },
    },
    {
      inputs: [x(1, 2, 3, 4), grid(4, 3, 0, [0.4, 1.7, -1.3, 0.6, 3.8, 1.4, 2.6, -0.9, 1.2, 3.5])],
      attributes: { padding_mode: 'border' },
    },
  ],
  AffineGrid: [
    { inputs: [x(2, 2, 3), ints(2, 3, 3, 4)] },
    { inputs: [x(1, 3, 4), ints(1, 1, 2, 3, 2)], attributes: { align_corners: 1 } },
  ],
  Swish: [{ inputs: [above(-3, 3, 3, 4)] }, { inputs: [above(-3, 3, 3, 4)], attributes: { alpha: 1.7 } }],
  Shrink: [{ inputs: [{ dims: [5], values: [-1.2, -0.3, 0.2, 0.6, 2] }], attributes: { lambd: 0.5, bias: 0.2 } }],
  LpNormalization: [
    { inputs: [x(3, 4)] },
    { inputs: [above(0.2, 1, 2, 3, 2)], attributes: { axis: 1, p: 1 } },
    { inputs: [x(2, 3, 2)], attributes: { axis: 0 } },
  ],
  RMSNormalization: [
    { inputs: [x(2, 3, 4), x(4)] },
    { inputs: [x(2, 3, 4), x(3, 4)], attributes: { axis: 1, epsilon: 0.01 } },
    { inputs: [x(2, 3, 4), x(1)] },
  ],
  MeanVarianceNormalization: [{ inputs: [x(2, 3, 4, 2)] }, { inputs: [x(2, 3, 4)], attributes: { axes: [0, -1] } }],
  LRN: [
    { inputs: [x(2, 5, 2, 2)], attributes: { size: 3, alpha: 0.5 } },
    { inputs: [x(1, 6, 3, 2)], attributes: { size: 5, alpha: 1.8, beta: 0.6, bias: 1.5 } },
  ],
  GlobalLpPool: [
    { inputs: [x(2, 3, 4, 2)] },
    { inputs: [x(2, 3, 4)], attributes: { p: 1 } },
    { inputs: [x(2, 3, 4)], attributes: { p: 3 } },
  ],
  ReverseSequence: [
    { inputs: [x(4, 3, 2), ints(1, 4, 2)] },
    { inputs: [x(2, 4), ints(3, 2)], attributes: { batch_axis: 0, time_axis: 1 } },
  ],
  RotaryEmbedding: [
    { inputs: [x(1, 2, 3, 4), floatTensor('', [1, 3, 2], [1, 0.5, 0.2, 0.1, 0.7, 0.3]), sines] },
    {
      inputs: [
        x(1, 2, 8),
        floatTensor('', [3, 1], [1, 0.5, 0.2]),
        floatTensor('', [3, 1], [0.1, 0.8, 0.9]),
        int64Tensor('', [1, 2], [2, 0]),
      ],
      attributes: { interleaved: 1, num_heads: 2, rotary_embedding_dim: 2 },
    },
  ],
  Attention: [
    { inputs: [x(2, 2, 3, 4), x(2, 2, 5, 4), x(2, 2, 5, 3)] },
    { inputs: [x(1, 3, 8), x(1, 3, 4), x(1, 3, 4)], attributes: { q_num_heads: 4, kv_num_heads: 2, is_causal: 1 } },
    { inputs: [x(2, 2, 3, 4), x(2, 1, 4, 4), x(2, 1, 4, 4), x(2, 1, 3, 4)], attributes: { scale: 0.7 } },
    {
      inputs: [
        x(1, 1, 2, 3),
        x(1, 1, 3, 3),
        x(1, 1, 3, 3),
        makeTensor('', DataType.BOOL, [2, 3], Uint8Array.of(1, 0, 1, 0, 1, 1)),
      ],
    },
  ],
  LSTM: [
    // X, W, R, B: every state; both ends; two directions with states to begin with.
    { inputs: [x(4, 2, 3), x(1, 8, 3), x(1, 8, 2), x(1, 16)], attributes: { hidden_size: 2 } },
    {
      inputs: [x(3, 2, 3), x(1, 8, 3), x(1, 8, 2), x(1, 16), '', x(1, 2, 2), x(1, 2, 2)],
      attributes: { hidden_size: 2, direction: 'reverse' },
      outputs: 3,
    },
    {
      inputs: [x(3, 2, 2), x(2, 8, 2), x(2, 8, 2), x(2, 16), ints32(3, 3), x(2, 2, 2), x(2, 2, 2)],
      attributes: { hidden_size: 2, direction: 'bidirectional' },
      outputs: 3,
    },
    { inputs: [x(1, 2, 3), x(1, 8, 3), x(1, 8, 2)], attributes: { hidden_size: 2 } },
  ],
  GRU: [
    { inputs: [x(4, 2, 3), x(1, 6, 3), x(1, 6, 2), x(1, 12)], attributes: { hidden_size: 2 } },
    {
      inputs: [x(3, 2, 3), x(2, 6, 3), x(2, 6, 2), x(2, 12), '', x(2, 2, 2)],
      attributes: { hidden_size: 2, direction: 'bidirectional', linear_before_reset: 1 },
      outputs: 2,
    },
    {
      inputs: [x(3, 2, 3), x(1, 6, 3), x(1, 6, 2)],
      attributes: { hidden_size: 2, direction: 'reverse', activations: ['sigmoid', 'tanh'] },
      outputs: 2,
    },
  ],
  RNN: [
    { inputs: [x(4, 2, 3), x(1, 2, 3), x(1, 2, 2), x(1, 4)], attributes: { hidden_size: 2 }, outputs: 2 },
    {
      inputs: [x(3, 2, 3), x(2, 2, 3), x(2, 2, 2), x(2, 4), '', x(2, 2, 2)],
      attributes: { hidden_size: 2, direction: 'bidirectional', activations: ['Relu', 'Relu'] },
      outputs: 2,
    },
  ],
  Mean: [{ inputs: [x(2, 3), x(3)] }],
  Cast: [{ inputs: [x(4)], attributes: { to: DataType.FLOAT } }],
  ReduceL1: [{ inputs: [x(2, 5), ints(1)] }],
  Pow: [{ inputs: [x(3), int64Tensor('', [], [3])] }],
  BatchNormalization: [
    // Statistics of the batch; the running ones, the other outputs, have no gradient.
    {
      inputs: [x(4, 3, 2), x(3), x(3), floatTensor('', [3], [0, 0, 0]), floatTensor('', [3], [1, 1, 1])],
      attributes: { training_mode: 1 },
      outputs: 3,
      differentiated: 1,
    },
    { inputs: [x(2, 3, 2, 2), x(3), x(3), floatTensor('', [3], [0.1, -0.2, 0.3]), floatTensor('', [3], [0.5, 1, 2])] },
    { inputs: [x(4, 3), x(3), x(3), floatTensor('', [3], [0.1, -0.2, 0.3]), floatTensor('', [3], [0.5, 1, 2])] },
    // Statistics that follow from weights.
    { inputs: [x(2, 3, 2, 2), x(3), x(3), x(3), above(0.5, 2, 3)] },
  ],
  LayerNormalization: [
    { inputs: [x(2, 3, 4), x(4), x(4)] },
    { inputs: [x(2, 3, 4), x(3, 4)], attributes: { axis: 1 } },
    { inputs: [x(2, 3, 4), x(1), x(4)] },
    { inputs: [x(2, 3, 4), x(4)], outputs: 3, differentiated: 1 },
    { inputs: [x(2, 3, 4), x(3, 4), x(3, 4)], attributes: { axis: -2, epsilon: 0.01 } },
  ],
  InstanceNormalization: [{ inputs: [x(2, 3, 4, 2), x(3), x(3)] }],
  GroupNormalization: [{ inputs: [x(2, 4, 3), x(4), x(4)], attributes: { num_groups: 2 } }],
  Resize: [
    {
      inputs: [x(1, 2, 3, 3), '', floatTensor('', [4], [1, 1, 2, 2])],
      attributes: { mode: 'nearest', coordinate_transformation_mode: 'asymmetric', nearest_mode: 'floor' },
    },
    { inputs: [x(1, 2, 3, 4), '', '', ints(1, 2, 5, 7)], attributes: { mode: 'linear' } },
    {
      inputs: [x(1, 2, 6, 6), '', '', ints(1, 2, 3, 4)],
      attributes: { mode: 'linear', coordinate_transformation_mode: 'align_corners' },
    },
    // Scales that are not the ratio of the sizes.
    { inputs: [x(1, 1, 3, 3), '', floatTensor('', [4], [1, 1, 1.5, 0.7])], attributes: { mode: 'linear' } },
    { inputs: [x(1, 1, 5, 5), '', floatTensor('', [2], [1.5, 0.7])], attributes: { mode: 'nearest', axes: [2, 3] } },
    {
      inputs: [x(1, 1, 4, 4), '', floatTensor('', [4], [1, 1, 1.3, 1.6])],
      attributes: { mode: 'linear', coordinate_transformation_mode: 'half_pixel_symmetric' },
    },
    {
      inputs: [x(1, 1, 4, 4), '', '', ints(1, 1, 1, 7)],
      attributes: { mode: 'linear', coordinate_transformation_mode: 'pytorch_half_pixel' },
    },
    {
      inputs: [x(1, 1, 4, 4), '', '', ints(1, 1, 7, 6)],
      attributes: { mode: 'cubic', cubic_coeff_a: -0.5, exclude_outside: 1 },
    },
    { inputs: [x(1, 1, 8, 8), '', '', ints(1, 1, 3, 3)], attributes: { mode: 'linear', antialias: 1 } },
    { inputs: [x(1, 1, 3, 3, 3), '', '', ints(5, 4, 6)], attributes: { mode: 'linear', axes: [2, 3, 4] } },
  ],
  DepthToSpace: [
    { inputs: [x(1, 8, 2, 3)], attributes: { blocksize: 2 } },
    { inputs: [x(1, 8, 2, 3)], attributes: { blocksize: 2, mode: 'CRD' } },
  ],
  SpaceToDepth: [{ inputs: [x(1, 2, 4, 6)], attributes: { blocksize: 2 } }],
};

/** Operators that opsets 23 and 24 brought. */
const NEWER = new Set(['Attention', 'RMSNormalization', 'RotaryEmbedding', 'Swish']);

const cases = (table: Record<string, Check[]>) =>
  Object.entries(table).flatMap(([opType, checks]) =>
    checks.map((check, i): [string, GradientCheck] => [
      `${opType} ${i + 1}`,
      { opType, ...(NEWER.has(opType) ? { opset: 24 } : {}), ...check },
    ]),
  );

describe('gradients agree with central differences in float64', () => {
  it.each(cases(IN_DOUBLE))('%s', async (_, check) => {
    for (const { error } of await gradientErrors(check))
      expect(error).toBeLessThan(check.precision === 'float' ? 2e-3 : 1e-6);
  });
});

describe('gradients agree with central differences in float32, where the runtime has no float64 kernel', () => {
  it.each(cases(IN_FLOAT))('%s', async (_, check) => {
    for (const { error } of await gradientErrors({ ...check, precision: 'float' })) expect(error).toBeLessThan(5e-3);
  });
});

it('every rule is checked, here or beside the operator that needs more than one node', () => {
  const elsewhere = ['QuantizeLinear', 'DequantizeLinear', 'FakeQuantize', 'ClosedForm'];
  expect(
    Object.keys(RULES).filter((opType) => !IN_DOUBLE[opType] && !IN_FLOAT[opType] && !elsewhere.includes(opType)),
  ).toEqual([]);
});

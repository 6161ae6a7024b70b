import { gradientErrors, type GradientCheck } from '#testing';
import { blockSize } from './block-size.fixture.js';

const CASES: Record<
  string,
  { size: [number, number]; kernel: [number, number]; attributes: GradientCheck['attributes'] }
> = {
  'of three taps and a stride of two': {
    size: [4, 4],
    kernel: [3, 3],
    attributes: { strides: [2, 2], pads: [1, 1, 1, 1] },
  },
  'of one tap, which leaves most of the input alone': { size: [4, 3], kernel: [1, 1], attributes: { strides: [2, 2] } },
  'whose axes differ, on sizes that the strides do not divide': {
    size: [5, 4],
    kernel: [2, 3],
    attributes: { strides: [2, 3], pads: [1, 0, 0, 2] },
  },
  'with a rest that no window reaches': {
    size: [6, 4],
    kernel: [3, 2],
    attributes: { strides: [2, 2], pads: [0, 0, 0, 0] },
  },
  'with more padding than a transposed kernel covers': {
    size: [3, 3],
    kernel: [3, 3],
    attributes: { strides: [2, 2], pads: [3, 3, 3, 3] },
  },
};

it.each(Object.entries(CASES))(
  'the input gradient in phases agrees with central differences for a convolution %s',
  async (_, { size, kernel, attributes }) => {
    const block = await blockSize();
    const errors = await gradientErrors({
      opType: 'Conv',
      block,
      precision: 'float',
      attributes: attributes ?? {},
      inputs: [{ dims: [1, block, ...size] }, { dims: [2 * block, block, ...kernel], fixed: true }],
    });
    expect(errors).toHaveLength(1);
    expect(errors[0]!.error).toBeLessThan(2e-3);
  },
);

import { gradientErrors, type GradientCheck } from '#testing';
import { blockSize } from './block-size.fixture.js';

/** Samples come in so many blocks; filters in one, or as many as said. */
const CASES: Record<
  string,
  {
    blocks: number;
    size: [number, number];
    kernel: [number, number];
    filters?: number;
    attributes?: GradientCheck['attributes'];
  }
> = {
  'with the samples in one group': { blocks: 2, size: [5, 6], kernel: [3, 3], attributes: { pads: [1, 1, 1, 1] } },
  'with the samples in groups, as their positions are too many for one': { blocks: 2, size: [18, 17], kernel: [2, 3] },
  'with strides, and a rest that no window reaches': {
    blocks: 1,
    size: [8, 7],
    kernel: [3, 2],
    attributes: { strides: [2, 3], pads: [1, 0, 0, 0] },
  },
  'with filters that do not fill their blocks': { blocks: 2, size: [18, 17], kernel: [2, 2], filters: 11 },
  'with dilations and pads that differ': {
    blocks: 1,
    size: [7, 6],
    kernel: [2, 3],
    attributes: { dilations: [3, 2], pads: [2, 0, 1, 3] },
  },
};

it.each(Object.entries(CASES))(
  'the weight gradient that convolves blocks of samples agrees with central differences %s',
  async (_, { blocks, size, kernel, filters, attributes }) => {
    const block = await blockSize();
    const errors = await gradientErrors({
      opType: 'Conv',
      block,
      precision: 'float',
      attributes: attributes ?? {},
      inputs: [{ dims: [blocks * block, 2, ...size], fixed: true }, { dims: [filters ?? block, 2, ...kernel] }],
    });
    expect(errors).toHaveLength(1);
    expect(errors[0]!.error).toBeLessThan(2e-3);
  },
);

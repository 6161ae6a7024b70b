import { gradientErrors } from '#testing';
import { blockSize } from './block-size.fixture.js';

/** Elements of a window of up to 3 x 2 lie so far apart that a difference leaves the largest one the largest. */
const images = (channels: number, height: number, width: number) => ({
  dims: [1, channels, height, width],
  values: Array.from({ length: channels * height * width }, (_, i) => {
    const [row, column] = [Math.floor(i / width) % height, i % width];
    return 0.4 * ((2 * row + 3 * column + Math.floor(i / (height * width))) % 11) - 2;
  }),
});

it.each([
  ['that cover the image', [6, 4]],
  ['with a rest of rows and columns that none reaches', [8, 5]],
] as const)(
  'the gradient of windows over channels in blocks agrees with differences %s',
  async (_, [height, width]) => {
    const block = await blockSize();
    const errors = await gradientErrors({
      opType: 'MaxPool',
      block,
      precision: 'float',
      attributes: { kernel_shape: [3, 2], strides: [3, 2] },
      inputs: [images(2 * block, height, width)],
    });
    expect(errors).toHaveLength(1);
    expect(errors[0]!.error).toBeLessThan(2e-3);
  },
);

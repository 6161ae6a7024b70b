import { float32 } from '#inference';
import { firstBatches } from './first-batches.js';

async function sizesOf(sizes: readonly number[]): Promise<number[]> {
  const batches = sizes.map((size) => ({ x: float32([size, 3], new Float32Array(size * 3)) }));
  const taken = [];
  for await (const { x } of firstBatches(() => batches)()) taken.push(x!.dims[0]!);
  return taken;
}

describe('the batches on which layers are compared', () => {
  it.each([
    ['two where they hold eight samples', [16, 16, 16], [16, 16]],
    ['as many as hold eight samples', [3, 3, 3, 3], [3, 3, 3]],
    ['all where there are no more', [2, 1], [2, 1]],
  ])('are %s', async (_what, given, taken) => {
    expect(await sizesOf(given)).toEqual(taken);
  });
});

import { BLOCKED_DOMAIN } from '#autodiff';
import { ModelLoadError, RunError, Session, float32 } from '#inference';
import { GraphBuilder, writeModel } from '#onnx';

/** Channels of one image that is reordered to see how they are filled up: fewer than the smallest block. */
const PROBE_CHANNELS = 4;

let known: Promise<number> | undefined;

/**
 * Channels of a block in the blocked layout of this runtime on this CPU, in which convolutions are fastest: 8 or 16, or
 * 0 where it has none. The layout is undocumented, so it is tried: the block shows in a reordered image, and a
 * depthwise convolution must give what it must.
 */
export function blockedLayout(): Promise<number> {
  known ??= probe();
  return known;
}

async function probe(): Promise<number> {
  try {
    const block = await blockSize();
    return (await convolves(block)) ? block : 0;
  } catch (error) {
    if (error instanceof ModelLoadError || error instanceof RunError) return 0;
    throw error;
  }
}

async function blockSize(): Promise<number> {
  const b = new GraphBuilder();
  const x = b.input('x', [1, PROBE_CHANNELS, 1, 1]);
  b.output(b.op('ReorderInput', [x], {}, { domain: BLOCKED_DOMAIN, outputs: ['y'] }));
  const { y } = await answer(b, float32([1, PROBE_CHANNELS, 1, 1], new Float32Array(PROBE_CHANNELS)));
  return y!.dims[1]!;
}

async function convolves(block: number): Promise<boolean> {
  const b = new GraphBuilder();
  const x = b.op('ReorderInput', [b.input('x', [1, block, 2, 2])], {}, { domain: BLOCKED_DOMAIN });
  const dY = b.op('ReorderInput', ['x'], {}, { domain: BLOCKED_DOMAIN });
  const filter = b.op('Reshape', [dY, b.ints([block, 1, 2, 2])]);
  const y = b.op('Conv', [x, filter], { group: block, kernel_shape: [2, 2] }, { domain: BLOCKED_DOMAIN });
  b.output(b.op('ReorderOutput', [y], { channels: block }, { domain: BLOCKED_DOMAIN, outputs: ['y'] }), [
    1,
    block,
    1,
    1,
  ]);
  const values = Float32Array.from({ length: block * 4 }, (_, i) => i % 7);
  const result = (await answer(b, float32([1, block, 2, 2], values)))['y']!.data as Float32Array;
  return result.every((value, channel) => {
    const image = values.subarray(channel * 4, channel * 4 + 4);
    return value === image.reduce((sum, pixel) => sum + pixel * pixel, 0);
  });
}

async function answer(b: GraphBuilder, x: ReturnType<typeof float32>) {
  const session = await Session.create(writeModel(b.build()));
  try {
    return await session.run({ x });
  } finally {
    await session.release();
  }
}

import { BLOCK, BLOCKED_DOMAIN } from '#autodiff';
import { ModelLoadError, RunError, Session, float32 } from '#inference';
import { GraphBuilder, writeModel } from '#onnx';

let known: Promise<boolean> | undefined;

/**
 * Whether this runtime on this CPU has the blocked layout that some gradients are fastest in. It is undocumented, so it is
 * tried: a depthwise convolution through the layout must give what it must.
 */
export function hasBlockedLayout(): Promise<boolean> {
  known ??= probe();
  return known;
}

async function probe(): Promise<boolean> {
  const b = new GraphBuilder();
  const x = b.op('ReorderInput', [b.input('x', [1, BLOCK, 2, 2])], {}, { domain: BLOCKED_DOMAIN });
  const filter = b.op('Reshape', [b.op('ReorderInput', ['x'], {}, { domain: BLOCKED_DOMAIN }), b.ints([BLOCK, 1, 2, 2])]);
  const y = b.op('Conv', [x, filter], { group: BLOCK, kernel_shape: [2, 2] }, { domain: BLOCKED_DOMAIN });
  b.output(b.op('ReorderOutput', [y], { channels: BLOCK }, { domain: BLOCKED_DOMAIN, outputs: ['y'] }), [1, BLOCK, 1, 1]);
  try {
    const session = await Session.create(writeModel(b.build()));
    const values = Float32Array.from({ length: BLOCK * 4 }, (_, i) => i % 7);
    const result = (await session.run({ x: float32([1, BLOCK, 2, 2], values) }))['y']!.data as Float32Array;
    await session.release();
    return result.every((value, channel) => value === values.subarray(channel * 4, channel * 4 + 4).reduce((sum, v) => sum + v * v, 0));
  } catch (error) {
    if (error instanceof ModelLoadError || error instanceof RunError) return false;
    throw error;
  }
}

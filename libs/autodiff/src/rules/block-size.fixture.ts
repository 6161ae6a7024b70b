import { Session, float32 } from '#inference';
import { GraphBuilder, writeModel } from '#onnx';
import { BLOCKED_DOMAIN } from '../gradient-builder.js';

/** Channels of a block of the runtime's blocked layout on this CPU. */
export async function blockSize(): Promise<number> {
  const b = new GraphBuilder();
  b.output(b.op('ReorderInput', [b.input('x', [1, 4, 1, 1])], {}, { domain: BLOCKED_DOMAIN, outputs: ['y'] }));
  const session = await Session.create(writeModel(b.build()));
  const { y } = await session.run({ x: float32([1, 4, 1, 1], [1, 2, 3, 4]) });
  await session.release();
  return y!.dims[1]!;
}

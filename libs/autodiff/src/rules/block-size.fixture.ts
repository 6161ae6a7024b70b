import { Session, float32 } from '#inference';
import { GraphBuilder, writeModel } from '#onnx';
import { BLOCKED_DOMAIN } from '../gradient-builder.js';

/** Channels of a block of the runtime's blocked layout on this CPU. */
export async function blockSize(): Promise<number> {
  const b = new GraphBuilder();
  const blocked = b.op('ReorderInput', [b.input('x', [1, 4, 1, 1])], {}, { domain: BLOCKED_DOMAIN, outputs: ['y'] });
  b.output(blocked);
  const session = await Session.create(writeModel(b.build()));
  const x = float32([1, 4, 1, 1], [1, 2, 3, 4]);
  const { y } = await session.run({ x });
  await session.release();
  return y!.dims[1]!;
}

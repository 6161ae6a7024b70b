import { measureSpeedup, type Speedup } from '#evaluation';
import { Session, type HostTensors } from '#inference';

/** Times both models on the same single sample, in one thread. */
export async function measureSpeed(float: Uint8Array, quantized: Uint8Array, feeds: HostTensors): Promise<Speedup> {
  const sessions = [await Session.create(float), await Session.create(quantized)] as const;
  try {
    return await measureSpeedup({ session: sessions[0], feeds: [feeds] }, { session: sessions[1], feeds: [feeds] });
  } finally {
    for (const session of sessions) await session.release();
  }
}

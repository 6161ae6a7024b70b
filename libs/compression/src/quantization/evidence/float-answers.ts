import { Session, type HostTensors } from '#inference';
import type { Batches } from '../../calibration-data.js';

/** Bytes of answers that are kept; beyond it the model answers anew at each walk. */
const MAX_KEPT_BYTES = 2 ** 26;

/** A batch and what the float model gives for it. */
interface Answered {
  feeds: HostTensors;
  answer: HostTensors;
}

/** What a float model answers on data that is walked over several times: one session, each batch once where answers are small. */
export class FloatAnswers {
  private readonly kept = new Map<Batches, HostTensors[]>();
  private bytes = 0;

  private constructor(private readonly session: Session) {}

  static async create(model: Uint8Array, threads: number): Promise<FloatAnswers> {
    return new FloatAnswers(await Session.create(model, { threads }));
  }

  async *on(batches: Batches): AsyncGenerator<Answered> {
    const kept = this.kept.get(batches) ?? [];
    this.kept.set(batches, kept);
    let index = 0;
    for await (const feeds of batches()) {
      const answer = kept[index] ?? (await this.session.run(feeds));
      if (kept.length === index && this.bytes < MAX_KEPT_BYTES) this.keep(kept, answer);
      index++;
      yield { feeds, answer };
    }
  }

  release(): Promise<void> {
    return this.session.release();
  }

  private keep(kept: HostTensors[], answer: HostTensors): void {
    kept.push(answer);
    for (const { data } of Object.values(answer)) this.bytes += data instanceof Array ? 0 : data.byteLength;
  }
}

import type { Preflight } from '#contracts';

/** Answers that are kept, of some kilobytes each. */
const KEPT = 2000;

/** Preflights that were made before: what they say follows from model, data set and passes, which never change. */
export class KnownPreflights {
  private readonly answers = new Map<string, Preflight>();

  get(key: string): Preflight | undefined {
    const answer = this.answers.get(key);
    if (answer) this.keep(key, answer);
    return answer;
  }

  /** The one that was asked for longest ago goes where there are too many. */
  keep(key: string, answer: Preflight): void {
    this.answers.delete(key);
    this.answers.set(key, answer);
    const [oldest] = this.answers.keys();
    if (this.answers.size > KEPT && oldest !== undefined) this.answers.delete(oldest);
  }
}

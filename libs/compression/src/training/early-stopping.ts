/** Weights under which the loss on samples held back was lowest, and how long ago that was. */
export class EarlyStopping {
  private losses: number[] = [];
  private best: Float32Array | null = null;

  /** `patience` is the number of epochs without a new lowest loss after which a run ends. */
  constructor(private readonly patience: number) {}

  /** Takes up where a run was left: its losses so far and its best weights. */
  restore(losses: readonly number[], best: Float32Array): void {
    this.losses = [...losses];
    this.best = best;
  }

  /** Counts an epoch. */
  count(loss: number, weights: Float32Array): void {
    if (this.losses.every((earlier) => loss < earlier)) this.best = weights.slice();
    this.losses.push(loss);
  }

  get isOver(): boolean {
    return this.losses.length - this.bestEpoch >= this.patience;
  }

  /** The epoch, counted from 1, that ended in the lowest loss; 0 before any. */
  get bestEpoch(): number {
    return this.losses.length === 0 ? 0 : this.losses.indexOf(Math.min(...this.losses)) + 1;
  }

  get bestWeights(): Float32Array | null {
    return this.best;
  }
}

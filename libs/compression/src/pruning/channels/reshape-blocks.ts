import { elementOf } from '#onnx';
/** Axes of a row-major reshape that only mix among themselves; axes of length 1 are left out. */
export interface ReshapeBlock {
  inputs: number[];
  outputs: number[];
}

/**
 * Cuts a row-major reshape into the smallest blocks of equal element count:
 * [2, 64, 3, 3] -> [2, 576] gives { [0] -> [0] } and { [1, 2, 3] -> [1] }. Null when the counts differ.
 */
export function reshapeBlocks(from: readonly number[], to: readonly number[]): ReshapeBlock[] | null {
  const inputs = from.map((_, axis) => axis).filter((axis) => from[axis] !== 1);
  const outputs = to.map((_, axis) => axis).filter((axis) => to[axis] !== 1);
  const blocks: ReshapeBlock[] = [];
  while (inputs.length > 0 && outputs.length > 0) {
    const block: ReshapeBlock = { inputs: [inputs.shift()!], outputs: [outputs.shift()!] };
    const input = elementOf(from, elementOf(block.inputs, 0, 'inputs'), 'from');
    let [left, right] = [input, to[elementOf(block.outputs, 0, 'outputs')]!];
    while (left !== right) {
      const [axes, taken] = left < right ? [inputs, block.inputs] : [outputs, block.outputs];
      const axis = axes.shift();
      if (axis === undefined) return null;
      taken.push(axis);
      if (left < right) left *= elementOf(from, axis, 'from');
      else right *= to[axis]!;
    }
    blocks.push(block);
  }
  return inputs.length === outputs.length ? blocks : null;
}

/** For each flat index of a row-major block of `lengths`, the index on its axis `which`. */
export function factorIndex(lengths: readonly number[], which: number): (flat: number) => number {
  const inner = lengths.slice(which + 1).reduce((product, length) => product * length, 1);
  return (flat) => Math.floor(flat / inner) % elementOf(lengths, which, 'lengths');
}

/**
 * The factor along which an axis that is split may shrink; the other factors stay fixed.
 *
 *     [N, F] -> [N, C, H, W]           C: a linear layer that makes an image
 *     [B, S, E] -> [B, S, (3,) H, D]   H: attention heads
 *     [N, C, …] -> [N, g, k, …]        k: the same channel of every group (shuffle)
 *     [N, C, …] -> [N, C', r, r, …]    C': pixel shuffle
 */
export function shrinkingFactor(rank: number, axis: number, factors: number): number {
  if (rank === 2) return 0;
  if (axis === rank - 1) return factors - 2;
  return factors === 2 ? 1 : 0;
}

/**
 * The factor that may shrink where the usual one is taken apart entry by entry and so must stay:
 *
 *     [B, S, 3E] -> [B, S, 3, E]           E: queries, keys and values of a fused projection, heads are split later
 *     [B, S, 3E] -> [B, S, H, 3, D]        H
 */
export function besideFactor(usual: number): number {
  return usual === 0 ? 1 : usual - 1;
}

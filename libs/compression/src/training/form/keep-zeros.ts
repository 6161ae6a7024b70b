import type { Trainable } from './trainable.js';

/** Widths from which on a zero is kept whatever its origin: rounding makes few zeros there, and they cost nothing. */
const KEEP_FROM_BITS = 5;

/** Zeros per weight next to zero from which on a coarse grid was pruned and not only rounded. */
const PRUNED_ZERO_RATIO = 3;

/**
 * 1 for elements that train, 0 for zeros that stay zero. Sparsity lives in the zeros of matrices and kernels; the zero
 * of a bias is a value like any other. On grids below 5 bits rounding alone makes many zeros: there they are kept when
 * they outnumber the smallest non-zero weights as only pruning makes them.
 */
export function zerosMask(
  { values, isMatrix, bits }: Trainable,
  keep: 'auto' | 'always' | 'never' = 'auto',
): Float32Array {
  const mask = new Float32Array(values.length).fill(1);
  if (
    !isMatrix ||
    keep === 'never' ||
    (keep === 'auto' && (isBlank(values) || (bits < KEEP_FROM_BITS && !looksPruned(values, bits))))
  )
    return mask;
  return mask.map((_, i) => Number(values[i] !== 0));
}

/** A tensor of zeros alone has not begun yet: pruning leaves something. */
function isBlank(values: Float32Array): boolean {
  return values.every((value) => value === 0);
}

function looksPruned(values: Float32Array, bits: number): boolean {
  // With two or three levels nearly all weights round to zero: no count can tell.
  if (bits <= 2) return false;
  const magnitudes = values
    .map(Math.abs)
    .filter((value) => value > 0)
    .sort();
  const zeros = values.length - magnitudes.length;
  const smallest = (magnitudes[0] ?? 0) * 1.5;
  return zeros > PRUNED_ZERO_RATIO * magnitudes.filter((value) => value <= smallest).length;
}

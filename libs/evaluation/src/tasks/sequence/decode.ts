import type { SequenceOptions } from '#contracts';
import type { HostTensor } from '#inference';

/** Symbol numbers of each sample, steps in order. */
export function decode(
  { dims }: HostTensor,
  values: ArrayLike<number>,
  { size, options }: { size: number; options: SequenceOptions },
): number[][] {
  const best = options.decoding === 'ids' ? idsOf(values, size) : bestOf(dims, values, { size, options });
  const decoded = (steps: readonly number[]) =>
    options.decoding === 'ctc' ? collapse(steps, options.blank) : untilEnd(steps, options.end);
  return best.map(decoded);
}

/**
 * Greedy decoding of connectionist temporal classification: repetitions merged, then blanks left out (Graves et al.,
 * 2006).
 */
export function collapse(steps: readonly number[], blank: number): number[] {
  return steps.filter((symbol, step) => symbol !== blank && symbol !== steps[step - 1]);
}

function untilEnd(steps: readonly number[], end: number | undefined): number[] {
  const length = end === undefined ? -1 : steps.indexOf(end);
  return (length < 0 ? steps : steps.slice(0, length)).filter((symbol) => symbol >= 0);
}

function idsOf(values: ArrayLike<number>, size: number): number[][] {
  const steps = values.length / size;
  return Array.from({ length: size }, (_, i) =>
    Array.from({ length: steps }, (_unused, step) => values[i * steps + step] ?? -1),
  );
}

/** The symbol of the highest score at each step of [batch, steps, symbols] or [steps, batch, symbols]. */
function bestOf(
  dims: readonly number[],
  values: ArrayLike<number>,
  { size, options: { stepsFirst } }: { size: number; options: SequenceOptions },
): number[][] {
  const steps = dims[stepsFirst ? 0 : 1] ?? 0;
  const symbols = dims[2] ?? 0;
  return Array.from({ length: size }, (_, i) =>
    Array.from({ length: steps }, (_unused, step) => {
      const row = stepsFirst ? step * size + i : i * steps + step;
      return highest(values, row * symbols, symbols);
    }),
  );
}

function highest(values: ArrayLike<number>, offset: number, width: number): number {
  let best = 0;
  for (let c = 1; c < width; c++) if ((values[offset + c] ?? NaN) > (values[offset + best] ?? NaN)) best = c;
  return best;
}

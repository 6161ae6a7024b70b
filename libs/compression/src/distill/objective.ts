import { meanSquaredError, softTargetDivergence, softmaxCrossEntropy, weightedSum, type ExtraInput, type GradientBuilder, type LossTerm } from '#autodiff';
import { DataType } from '#onnx';

/** Inputs of the step beside the model's own. */
export const TEACHER = 'distill:teacher';
export const LABELS = 'distill:labels';

export interface ObjectiveOptions {
  temperature: number;
  /** Weight of the soft loss, between 0 and 1. */
  alpha: number;
  labelSmoothing: number;
}

/** What the student is trained to do, written into the step graph. */
export interface Objective {
  extraInputs: ExtraInput[];
  write(g: GradientBuilder): { terms: Record<string, string>; seeds: ReadonlyMap<string, string> };
}

/**
 * Classes [N, K]: alpha · T² · KL(teacher ‖ student at T) + (1 - alpha) · cross-entropy with the labels; without labels the soft
 * loss alone. Any other output is matched by its mean squared error.
 */
export function distillObjective(output: string, dims: readonly number[], hasLabels: boolean, options: ObjectiveOptions): Objective {
  const teacher = { name: TEACHER, dims, type: DataType.FLOAT };
  if (dims.length !== 2) {
    return { extraInputs: [teacher], write: (g) => matched(output, meanSquaredError(g, output, TEACHER, dims)) };
  }
  const [samples, classes] = dims as [number, number];
  const alpha = hasLabels ? options.alpha : 1;
  return {
    extraInputs: [teacher, ...(hasLabels ? [{ name: LABELS, dims: [samples], type: DataType.INT64 }] : [])],
    write: (g) => {
      const soft = softTargetDivergence(g, output, TEACHER, options.temperature, samples);
      if (!hasLabels) return matched(output, soft);
      const hard = softmaxCrossEntropy(g, output, LABELS, [samples, classes], options.labelSmoothing);
      const total = weightedSum(g, [{ term: soft, weight: alpha }, { term: hard, weight: 1 - alpha }]);
      return { terms: { loss: total.value, softLoss: soft.value, hardLoss: hard.value }, seeds: new Map([[output, total.gradient]]) };
    },
  };
}

function matched(output: string, term: LossTerm): { terms: Record<string, string>; seeds: ReadonlyMap<string, string> } {
  return { terms: { loss: term.value }, seeds: new Map([[output, term.gradient]]) };
}

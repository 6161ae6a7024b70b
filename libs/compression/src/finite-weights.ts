import type { PassName, PassOptions } from '#contracts';
import { nonFiniteText, nonFiniteWeights, type ModelProto, type NonFiniteWeight } from '#onnx';
import { CompressionError } from './errors.js';
import type { Obstacle, Pass } from './pass.js';

/** A model's weights hold elements that are no numbers, of which no pass can make any. */
export class NonFiniteWeightError extends CompressionError {
  constructor(readonly weights: readonly NonFiniteWeight[]) {
    super('non_finite_weight', weights.map(problem).join('; '));
  }
}

/**
 * The pass, with models refused whose weights hold NaN or infinities, before a job is accepted and again when it runs:
 * nothing that a pass computes of them means anything, and what is rounded or ranked would look as if it did.
 */
export function onFiniteWeights<N extends PassName>(pass: Pass<N>): Pass<N> {
  return {
    ...pass,
    obstacles: (model, options, models) => [
      ...weightObstacles(model, models),
      ...(pass.obstacles?.(model, options, models) ?? []),
    ],
    run: (context, options: PassOptions<N>) => {
      const weights = nonFiniteWeights(context.model);
      return weights.length > 0 ? Promise.reject(new NonFiniteWeightError(weights)) : pass.run(context, options);
    },
  };
}

function weightObstacles(model: ModelProto, models: ReadonlyMap<string, ModelProto>): Obstacle[] {
  const ofModel = (found: ModelProto, whose: string) =>
    nonFiniteWeights(found).map((weight) => ({ field: '', message: `${whose}${problem(weight)}` }));
  const ofOthers = [...models].flatMap(([digest, named]) => ofModel(named, `model ${digest.slice(0, 10)}: `));
  return [...ofModel(model, ''), ...ofOthers];
}

function problem(weight: NonFiniteWeight): string {
  return (
    `weight "${weight.tensor}" ${nonFiniteText(weight)}: mend the model, as by exporting a checkpoint from ` +
    'before its training diverged'
  );
}

import { missingGradients } from '#autodiff';
import { IMPORTANCES, type PruneOptions } from '#contracts';
import type { ModelProto } from '#onnx';
import type { Obstacle } from '../../pass.js';
import { outputNames } from '../../training/form/reachable.js';
import { copiedForm } from '../../training/form/copied-form.js';

/** Whether the worth of a channel is judged by gradients. */
export function readsGradients({ importance }: PruneOptions): boolean {
  return IMPORTANCES[importance] === 'gradients';
}

/** Why no gradient tells the worth of a model's weights. */
export function gradientObstacles(model: ModelProto, options: PruneOptions): Obstacle[] {
  if (!readsGradients(options)) return [];
  const { graph, trainables } = copiedForm(model);
  const weights = trainables.map(({ name }) => name);
  const missing = outputNames(graph).map((output) => missingGradients(graph, [output], weights));
  if (missing.some((nodes) => nodes.length === 0)) return [];
  const named = missing.flat().map(({ node, opType }) => [node, `"${node}" (${opType})`] as const);
  const nodes = [...new Map(named).values()].join(', ');
  const why = nodes ? `there is no gradient rule for ${nodes}` : 'the model has no output of float32';
  return [
    {
      field: 'importance',
      message:
        `importance "${options.importance}" goes by gradients, and ${why}: ` +
        'choose one that reads none, such as "l2"',
    },
  ];
}

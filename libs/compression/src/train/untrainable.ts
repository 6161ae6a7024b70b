import { missingGradients } from '#autodiff';
import type { TrainerOptions } from '#contracts';
import type { ModelProto } from '#onnx';
import { UnknownLayerError } from '../errors.js';
import type { Obstacle } from '../pass.js';
import { augmentObstacles } from './augment-obstacles.js';
import { outputNames, studentForm } from './student.js';

/** Nodes without a gradient rule between a weight of the model and an output, and changes that its inputs cannot have: while there is any, it cannot be trained. */
export function untrainable(model: ModelProto, options: TrainerOptions, field: string): Obstacle[] {
  const { graph, trainables, unknown } = studentForm(model, options);
  if (unknown.length > 0) return unknown.map(({ option, pattern, names }) => ({ field: option, message: new UnknownLayerError(option, pattern, names).message }));
  const augmentation = augmentObstacles(graph, options.augment);
  const missing = missingGradients(graph, outputNames(graph), trainables.map(({ name }) => name));
  if (missing.length === 0) return augmentation;
  const nodes = missing.map(({ node, opType }) => `"${node}" (${opType})`).join(', ');
  return [...augmentation, { field, message: `the model cannot be trained: no gradient rule for ${nodes} between a weight and an output. Train another model, or add a rule as docs/writing-a-gradient-rule.md shows` }];
}

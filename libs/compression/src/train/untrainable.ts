import { gradientsSizedByData, missingGradients } from '#autodiff';
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
  const weights = trainables.map(({ name }) => name);
  const sized = gradientsSizedByData(graph, outputNames(graph), weights).map((node) => ({ field, message: `the model cannot be trained: ${node.opType} "${node.node}" takes sizes that depend on the data, and its gradient wants the same for every batch. Export the model with fixed sizes there` }));
  const missing = missingGradients(graph, outputNames(graph), weights);
  if (missing.length === 0) return [...augmentation, ...sized];
  const nodes = missing.map(({ node, opType }) => `"${node}" (${opType})`).join(', ');
  return [...augmentation, ...sized, { field, message: `the model cannot be trained: no gradient rule for ${nodes} between a weight and an output. Train another model, or add a rule as docs/writing-a-gradient-rule.md shows` }];
}

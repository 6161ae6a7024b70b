import { missingGradients } from '#autodiff';
import type { DistillOptions } from '#contracts';
import { DataType, valueDims, valueElemType, type ModelProto } from '#onnx';
import type { Obstacle } from '../pass.js';
import { liftedCopy } from '../training/form/copied-form.js';
import { outputNames } from '../training/form/reachable.js';
import { knownModels } from './known-models.js';

/** Why samples cannot be made up for the models, where a method asks for it. */
export function generatorObstacles(
  options: DistillOptions,
  model: ModelProto,
  models: ReadonlyMap<string, ModelProto>,
): Obstacle[] {
  if (options.method === 'discriminative') return [];
  const { teachers: [teacher] = [], student } = knownModels(options, model, models);
  return [...(teacher ? teacherProblems(teacher) : []), ...(student ? studentProblems(student, options) : [])].map(
    (message) => ({ field: 'method', message }),
  );
}

function teacherProblems(model: ModelProto): string[] {
  const graph = liftedCopy(model);
  const [input, ...others] = graph.inputs;
  const dims = input && valueDims(input)?.slice(1);
  if (
    !input ||
    others.length > 0 ||
    !dims ||
    dims.length === 0 ||
    dims.some((dim) => typeof dim !== 'number') ||
    valueElemType(input) !== DataType.FLOAT
  ) {
    return [
      'samples are made up for a teacher with one input of floats whose shape is fixed but for the batch: choose method discriminative, or another teacher',
    ];
  }
  const missing = missingGradients(graph, outputNames(graph), [input.name]).map(
    ({ node, opType }) => `"${node}" (${opType})`,
  );
  return missing.length > 0
    ? [
        `a generator is trained through its teacher, and there is no gradient rule for ${missing.join(', ')}: choose method discriminative, or another teacher`,
      ]
    : [];
}

function studentProblems(model: ModelProto, { generator: { adversarial } }: DistillOptions): string[] {
  const { inputs } = liftedCopy(model);
  return inputs.length !== 1 && adversarial > 0
    ? [
        `samples are made up for students with one input, this one has ${inputs.length}: set generator.adversarial to 0, or choose another student`,
      ]
    : [];
}

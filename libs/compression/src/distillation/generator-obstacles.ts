import { missingGradients } from '#autodiff';
import type { DistillOptions } from '#contracts';
import type { ModelProto } from '#onnx';
import type { Obstacle } from '../pass.js';
import { liftedCopy } from '../training/form/copied-form.js';
import { outputNames } from '../training/form/reachable.js';
import { sampleInput } from './generator/sample-input.js';
import { knownModels } from './known-models.js';

/** Why samples cannot be made up for the models, where a method asks for it. */
export function generatorObstacles(
  options: DistillOptions,
  model: ModelProto,
  models: ReadonlyMap<string, ModelProto>,
): Obstacle[] {
  if (options.method === 'discriminative') return [];
  const { teachers: [teacher] = [], student } = knownModels(options, model, models);
  const ofTeacher = teacher ? teacherProblems(teacher) : [];
  const problems = [...ofTeacher, ...(student ? studentProblems(student, options) : [])];
  return problems.map((message) => ({ field: 'method', message }));
}

function teacherProblems(model: ModelProto): string[] {
  const graph = liftedCopy(model);
  const sample = sampleInput(graph);
  if (sample === null) {
    return [
      'samples are made up for a teacher with one input of floats whose shape is fixed but for the batch: ' +
        'choose method discriminative, or another teacher',
    ];
  }
  const missing = missingGradients(graph, outputNames(graph), [sample.input]);
  if (missing.length === 0) return [];
  const nodes = missing.map(({ node, opType }) => `"${node}" (${opType})`).join(', ');
  return [
    `a generator is trained through its teacher, and there is no gradient rule for ${nodes}: ` +
      'choose method discriminative, or another teacher',
  ];
}

function studentProblems(model: ModelProto, { generator: { adversarial } }: DistillOptions): string[] {
  const { inputs } = liftedCopy(model);
  return inputs.length !== 1 && adversarial > 0
    ? [
        `samples are made up for students with one input, this one has ${inputs.length}: ` +
          'set generator.adversarial to 0, or choose another student',
      ]
    : [];
}

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DistillOptions } from '#contracts';
import { missingGradients } from '#autodiff';
import type { Dataset } from '#datasets';
import type { Pass, PassContext } from '../pass.js';
import { TrainingError } from '../train/errors.js';
import { generatedLessons } from './generated-lessons.js';
import { DistillRun } from './distill-run.js';
import type { Curriculum } from './lesson.js';
import { mixedLessons } from './mixed-lessons.js';
import { recordedLessons } from './recorded-lessons.js';
import { Student, outputNames, studentForm } from './student.js';
import { Teacher } from './teacher.js';

/** File beside the model that holds the losses over the run. */
export const CURVE_FILE = 'training-curve.json';

/**
 * Trains the stage's model to give the answers of the job's original model. Zeros stay zero and integers stay on their
 * grids: the model is trained in floats behind simulated rounding and written back in its own storage.
 */
export const distill: Pass<'distill'> = {
  name: 'distill',

  preflight(model) {
    const { graph, trainables, skipped } = studentForm(model);
    const missing = missingGradients(graph, outputNames(graph), trainables.map(({ name }) => name));
    return [...skipped, ...missing.map(({ node, opType }) => ({ node, opType, reason: 'it has no gradient rule and lies between a weight and the output: the model cannot be distilled' }))];
  },

  async run(context, options) {
    const { model, data, seed, outputPath } = context;
    if (!data) throw new TrainingError('distill needs a data set with a train split');
    const { student, curriculum, batchSize } = await begin(context, data, options);
    const started = performance.now();
    const run = new DistillRun(student, curriculum, batchSize, context, options);
    const curve = await run.train();
    const seconds = (performance.now() - started) / 1000;
    student.store(model);
    await curriculum.release();
    await student.release();
    await writeFile(join(outputPath, CURVE_FILE), `${JSON.stringify({ seed, options, points: curve })}\n`);
    const steps = student.trainer.state.step;
    return {
      model,
      skipped: student.form.skipped,
      files: [CURVE_FILE],
      summary: { steps, parameters: student.size, keptZeros: student.keptZeros, firstLoss: curve[0]!.losses['loss'], lastLoss: curve.at(-1)!.losses['loss'], seconds, samplesPerS: (steps * batchSize) / seconds },
    };
  },
};

/** Where each method's lessons come from. */
const CURRICULA: Record<DistillOptions['method'], (recorded: () => Promise<Curriculum>, generated: () => Promise<Curriculum>) => Promise<Curriculum>> = {
  discriminative: (recorded) => recorded(),
  generative: (_, generated) => generated(),
  hybrid: async (recorded, generated) => mixedLessons(await recorded(), await generated()),
};

async function begin({ model, baseline, threads, seed, log }: PassContext, data: Dataset, options: DistillOptions): Promise<{ student: Student; curriculum: Curriculum; batchSize: number }> {
  const teacher = await Teacher.load(baseline, threads);
  const samples = data.sampleCount('train');
  const batchSize = Math.min(options.batchSize, samples);
  const example = async (names: readonly string[]) => {
    const first = await data.bindInputs(names).batches('train', { batchSize, limit: batchSize }).next();
    if (!first.value) throw new TrainingError('the train split holds no sample');
    return first.value;
  };
  const answers = await teacher.answer((await example(teacher.inputNames)).inputs);
  const inputNames = studentForm(model).graph.inputs.map(({ name }) => name);
  const { inputs, labels } = await example(inputNames);
  const hasLabels = labels !== null && options.augment.mixup === 0 && options.method === 'discriminative';
  const student = await Student.create({ model, inputs, hasLabels, answers, classes: data.classes, options, threads });
  log(`training ${student.size} parameters, ${student.keptZeros} of them zeros that stay; ${samples} samples in batches of ${batchSize}`);
  const recorded = () => recordedLessons({ data, teacher, inputNames, batchSize, augmentation: options.augment, seed });
  const { low, high, learningRate, lessonsPerEpoch } = options.generator;
  const generated = () => generatedLessons({ teacher: baseline, input: inputNames[0]!, batchSize, lessonsPerEpoch, range: [low, high], learningRate, seed, threads });
  return { student, curriculum: await CURRICULA[options.method](recorded, generated), batchSize };
}

import { EvaluateOptions, PASSES, type DatasetInspection, type PassName, type Preflight, type PreflightRequest } from '#contracts';
import { matchInputs } from '#datasets';
import { inspectModel, loadModel } from '#onnx';
import { passNamed, preflightPass } from './run-pass.js';

type Problem = Preflight['problems'][number];

/** Splits of which a pass needs one, best first; a pass that reads no data is not here. */
const SPLITS: Partial<Record<PassName, (options: unknown) => readonly string[]>> = {
  quantize: () => ['calibration', 'train'],
  distill: () => ['train'],
  evaluate: (options) => {
    const { split } = EvaluateOptions.parse(options);
    return split === 'calibration' ? ['calibration', 'train'] : [split];
  },
};

/** Checks a job without running it: does the data fit, and what would each pass leave alone in the model as it is now. */
export async function preflight({ modelPath, dataset, passes }: PreflightRequest): Promise<Preflight> {
  const model = await loadModel(modelPath);
  const problems: Problem[] = dataset ? matchInputs(dataset, inspectModel(model).inputs) : [];
  const skipped: Preflight['skipped'] = [];
  for (const [index, { pass, options }] of passes.entries()) {
    const name = passNamed(pass);
    if (PASSES[name].reads.data) problems.push(...dataProblems(name, options, index, dataset));
    skipped.push(...preflightPass(name, model, options).map((entry) => ({ ...entry, pass: name })));
  }
  return { problems, skipped };
}

function dataProblems(pass: PassName, options: unknown, index: number, dataset: DatasetInspection | null): Problem[] {
  if (!dataset) return [{ field: `recipe.passes[${index}]`, message: `${pass} reads data, and the job names no data set: add one` }];
  const wanted = SPLITS[pass]?.(options) ?? [];
  if (wanted.length === 0 || wanted.some((split) => split in dataset.splits)) return [];
  return [{ field: `recipe.passes[${index}]`, message: `${pass} needs a split ${wanted.map((split) => `"${split}"`).join(' or ')}, the data set has ${Object.keys(dataset.splits).join(', ')}` }];
}

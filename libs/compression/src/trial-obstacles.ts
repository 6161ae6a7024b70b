import {
  EvaluateOptions,
  PASSES,
  type DatasetInspection,
  type NeededLabels,
  type PassDescriptor,
  type PassName,
  type PassOptions,
} from '#contracts';
import { taskProblem } from '#evaluation';
import type { ModelProto } from '#onnx';
import { CATALOG } from './catalog.js';
import { outputsOnZeros } from './outputs-on-zeros.js';
import type { Known, Obstacle, Pass } from './pass.js';

/** Why a pass cannot run on a model, from runs on generated samples and what is known of the data set. */
export async function trialObstacles<N extends PassName>(
  name: N,
  model: ModelProto,
  options: PassOptions<N>,
  known: Known,
): Promise<Obstacle[]> {
  const { needs }: PassDescriptor = PASSES[name];
  const { labels } = needs(options);
  const unscored = labels?.scores ? await withoutScores(labels, model, known.data) : [];
  if (unscored.length > 0) return unscored;
  const pass: Pass<N> = CATALOG[name];
  return (await pass.trial?.(model, options, known)) ?? [];
}

/**
 * Why an option that goes by top-1 cannot be had of a model: it gives no score for each class of the data set. Data
 * without classes are told of by themselves.
 */
async function withoutScores(
  { option, instead }: NeededLabels,
  model: ModelProto,
  data: DatasetInspection | null,
): Promise<Obstacle[]> {
  if (!data || data.classes === null) return [];
  const tried = await outputsOnZeros(model, data);
  const task = 'classification' as const;
  const settings = { task, classes: data.classes, targets: null, options: EvaluateOptions.parse({}) };
  const problem = tried && taskProblem(settings, { ...tried, reference: tried.outputs, labels: null, targets: null });
  return problem === null ? [] : [{ field: option, message: `${option} goes by top-1, and ${problem}; ${instead}` }];
}

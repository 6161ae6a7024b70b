import { CATALOG, CompressionError, OptionError, trialObstacles, type Pass } from '#compression';
import {
  fieldProblems,
  missingLabels,
  PASSES,
  schemaKeys,
  type DatasetInspection,
  type PassDescriptor,
  type PassName,
  type PassOptions,
} from '#contracts';
import { matchInputs } from '#datasets';
import { inspectModel, type ModelProto } from '#onnx';
import { CallError, type CallProblem } from './errors.js';

/** The options of a call with their defaults. Throws CallError that names each wrong one. */
export function optionsOf<N extends PassName>(name: N, given: object): PassOptions<N> {
  const { options }: PassDescriptor = PASSES[name];
  const parsed = options.safeParse(given);
  if (parsed.success) return parsed.data as PassOptions<N>;
  throw new CallError(name, fieldProblems(parsed.error.issues, { validKeys: (path) => schemaKeys(options, path) }));
}

interface Subject<N extends PassName> {
  model: ModelProto;
  options: PassOptions<N>;
  data: DatasetInspection | null;
}

/**
 * Throws CallError where the pass could not run on this model with this data, as a server does before it takes a job.
 */
export async function checkCall<N extends PassName>(name: N, subject: Subject<N>): Promise<void> {
  const problems = [...dataProblems(name, subject), ...modelProblems(name, subject)];
  const { model, options, data } = subject;
  if (problems.length === 0)
    problems.push(...(await trialObstacles(name, model, options, { models: new Map(), data })));
  if (problems.length > 0) throw new CallError(name, problems);
}

function dataProblems<N extends PassName>(name: N, { model, options, data }: Subject<N>): CallProblem[] {
  const { needs, reads }: PassDescriptor = PASSES[name];
  const { splits, labels } = needs(options);
  const stored = reads(options).models.map(({ field }) => ({
    field,
    message: 'a model of a server, which a library call has none of: leave it out',
  }));
  if (!data) {
    const isMissing = splits.length > 0;
    return isMissing ? [{ field: 'data', message: 'the pass reads data: name its folder or manifest' }] : stored;
  }
  const found = matchInputs(data, inspectModel(model).inputs).map(({ message }) => ({ field: 'data', message }));
  const isThere = splits.length === 0 || splits.some((split) => split in data.splits);
  if (!isThere)
    found.push({
      field: 'data',
      message: `needs a split ${splits.join(' or ')}, and has ${Object.keys(data.splits).join(', ')}`,
    });
  const has = { classes: data.classes !== null, numbers: data.targets !== undefined };
  if (labels && !has[labels.kind])
    found.push({
      field: labels.option,
      message: missingLabels(labels, (options as Record<string, unknown>)[labels.option]),
    });
  return [...stored, ...found];
}

function modelProblems<N extends PassName>(name: N, { model, options }: Subject<N>): CallProblem[] {
  const pass: Pass<N> = CATALOG[name];
  try {
    pass.preflight(model, options);
    return [...(pass.obstacles?.(model, options, new Map()) ?? [])];
  } catch (error) {
    if (!(error instanceof CompressionError)) throw error;
    return [{ field: error instanceof OptionError ? error.option : '', message: error.message }];
  }
}

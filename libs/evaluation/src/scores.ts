import type { MetricsFrom, ModelMetrics } from '#contracts';
import type { HostTensors, Session } from '#inference';
import { OutputMismatchError } from './errors.js';
import { floatValues } from './float-values.js';
import { ACCUMULATORS, type Accumulator } from './metrics.js';
import { combinedSnrDb, OutputComparison, worstOutput, type OutputQuality } from './output-quality.js';

/** Samples to score models on; what libs/datasets serves. */
export interface LabelledBatch {
  inputs: HostTensors;
  labels: Int32Array | null;
  size: number;
}

/** Metrics of one model's outputs; one that has no value is absent. */
export type Scores = Pick<ModelMetrics, MetricsFrom<'labels' | 'outputs' | 'channels'>>;

type Runnable = Pick<Session, 'run'>;
type Accumulators = Record<MetricsFrom<'labels'>, Accumulator<number | undefined>>;

export interface ScoreResult {
  /** Of each model, in the order given. */
  scores: Scores[];
  /** The output that was read as class scores; null when none has their shape or there are no labels. */
  scoreOutput: string | null;
  samples: number;
  /** Of each model, how near each output comes to the baseline's. */
  outputs: OutputQuality[][];
}

/**
 * Runs the models side by side on the same batches, the first being the baseline, and keeps only sums: memory does not grow
 * with the number of batches. Labels are compared with the first output of shape [batch, classes] (further axes of 1 are
 * fine); the SNR is that of the floating-point outputs, their shares of noise averaged, and of each of them and its channels. Throws
 * OutputMismatchError when a model's outputs differ in shape.
 */
export async function scoreModels(
  models: readonly Runnable[],
  batches: AsyncIterable<LabelledBatch>,
  classes: number | null,
): Promise<ScoreResult> {
  const accumulators = models.map(createAccumulators);
  const comparisons = models.map(() => new OutputComparison());
  let scoreOutput: string | null = null;
  let width = 0;
  let samples = 0;
  for await (const batch of batches) {
    const reference = await models[0]!.run(batch.inputs);
    if (samples === 0) {
      scoreOutput = classes === null ? null : findScoreOutput(reference, batch.size, classes);
      width = scoreOutput === null ? 0 : reference[scoreOutput]!.data.length / batch.size;
    }
    for (const [index, model] of models.entries()) {
      const outputs = index === 0 ? reference : await model.run(batch.inputs);
      addBatch(accumulators[index]!, outputs, reference, scoreOutput, batch);
      comparisons[index]?.add(outputs, reference);
    }
    samples += batch.size;
  }
  const outputs = comparisons.map((comparison) => comparison.qualities());
  return {
    scores: accumulators.map((all, index) => ({ ...valuesOf(all, width), ...snrsOf(outputs[index] ?? []) })),
    scoreOutput,
    samples,
    outputs,
  };
}

function addBatch(
  accumulators: Accumulators,
  outputs: HostTensors,
  reference: HostTensors,
  scoreOutput: string | null,
  { labels, size }: LabelledBatch,
): void {
  for (const [name, expected] of Object.entries(reference)) {
    const got = outputs[name];
    if (!got || String(got.dims) !== String(expected.dims)) {
      throw new OutputMismatchError(
        name,
        `[${expected.dims}] as from the baseline`,
        got ? `[${got.dims}]` : 'no such output',
      );
    }
    if (name !== scoreOutput) continue;
    for (const metric of Object.values(accumulators))
      metric.add({ output: floatValues(got), reference: floatValues(expected), labels, size });
  }
}

function createAccumulators(): Accumulators {
  return Object.fromEntries(Object.entries(ACCUMULATORS).map(([name, create]) => [name, create()])) as Accumulators;
}

/** Top-5 says nothing where there are no more than five classes. */
function valuesOf(accumulators: Accumulators, width: number): Scores {
  const values = Object.entries(accumulators).map(
    ([name, accumulator]) => [name, name === 'top5' && width <= 5 ? undefined : accumulator.value()] as const,
  );
  return Object.fromEntries(values.filter(([, value]) => value !== undefined));
}

function snrsOf(outputs: readonly OutputQuality[]): Pick<Scores, 'outputSnrDb' | 'worstSnrDb'> {
  const [outputSnrDb, worst] = [combinedSnrDb(outputs), worstOutput(outputs)];
  return {
    ...(outputSnrDb === undefined ? {} : { outputSnrDb }),
    ...(worst === undefined ? {} : { worstSnrDb: worst && worst.snrDb }),
  };
}

function findScoreOutput(outputs: HostTensors, size: number, classes: number): string | null {
  const candidates = Object.entries(outputs).filter(
    ([, { dims }]) => dims[0] === size && dims.slice(1).filter((dim) => dim !== 1).length <= 1,
  );
  const widths = candidates.map(([name, { data }]): [string, number] => [name, data.length / size]);
  return (widths.find(([, width]) => width === classes) ?? widths.find(([, width]) => width > classes))?.[0] ?? null;
}

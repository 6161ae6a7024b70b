import type { HostTensor, HostTensors, Session } from '#inference';
import { halfToFloat } from '#onnx';
import { OutputMismatchError } from './errors.js';
import { METRICS, type Accumulator, type MetricName } from './metrics.js';
import { OutputComparison, worstOutput, type OutputQuality } from './output-quality.js';

/** Samples to score models on; what libs/datasets serves. */
export interface LabelledBatch {
  inputs: HostTensors;
  labels: Int32Array | null;
  size: number;
}

/** Metrics of one model's outputs; one that has no value is absent. */
export type Scores = { [Name in MetricName]?: ReturnType<ReturnType<(typeof METRICS)[Name]['create']>['value']> } & {
  /** The least signal to noise that an output or one of its channels keeps, dB; null when all are identical. */
  worstSnrDb?: number | null;
};

type Runnable = Pick<Session, 'run'>;
type Accumulators = Record<MetricName, Accumulator<number | null | undefined>>;

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
 * fine); the SNR is over all floating-point outputs, and for each of them and its channels. Throws OutputMismatchError when a model's outputs differ in shape.
 */
export async function scoreModels(models: readonly Runnable[], batches: AsyncIterable<LabelledBatch>, classes: number | null): Promise<ScoreResult> {
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
  return { scores: accumulators.map((all, index) => ({ ...valuesOf(all, width), ...worstOf(outputs[index] ?? []) })), scoreOutput, samples, outputs };
}

function addBatch(accumulators: Accumulators, outputs: HostTensors, reference: HostTensors, scoreOutput: string | null, { labels, size }: LabelledBatch): void {
  for (const [name, expected] of Object.entries(reference)) {
    const got = outputs[name];
    if (!got || String(got.dims) !== String(expected.dims)) {
      throw new OutputMismatchError(name, `[${expected.dims}] as from the baseline`, got ? `[${got.dims}]` : 'no such output');
    }
    const batch = { output: valuesIn(got), reference: valuesIn(expected), labels, size };
    for (const [metric, { needsLabels }] of Object.entries(METRICS) as [MetricName, { needsLabels: boolean }][]) {
      if (needsLabels ? name === scoreOutput : isFloat(expected)) accumulators[metric].add(batch);
    }
  }
}

function createAccumulators(): Accumulators {
  return Object.fromEntries(Object.entries(METRICS).map(([name, { create }]) => [name, create()])) as Accumulators;
}

/** Top-5 says nothing where there are no more than five classes. */
function valuesOf(accumulators: Accumulators, width: number): Scores {
  const values = Object.entries(accumulators).map(([name, accumulator]) => [name, name === 'top5' && width <= 5 ? undefined : accumulator.value()] as const);
  return Object.fromEntries(values.filter(([, value]) => value !== undefined));
}

function worstOf(outputs: readonly OutputQuality[]): Pick<Scores, 'worstSnrDb'> {
  const worst = worstOutput(outputs);
  return worst === undefined ? {} : { worstSnrDb: worst && worst.snrDb };
}

function findScoreOutput(outputs: HostTensors, size: number, classes: number): string | null {
  const candidates = Object.entries(outputs).filter(([, { dims }]) => dims[0] === size && dims.slice(1).filter((dim) => dim !== 1).length <= 1);
  const widths = candidates.map(([name, { data }]): [string, number] => [name, data.length / size]);
  return (widths.find(([, width]) => width === classes) ?? widths.find(([, width]) => width > classes))?.[0] ?? null;
}

function isFloat(tensor: HostTensor): boolean {
  return tensor.type === 'float32' || tensor.type === 'float64' || tensor.type === 'float16';
}

/** Halves as numbers; all else as it is. */
function valuesIn({ type, data }: HostTensor): HostTensor['data'] {
  return type === 'float16' ? Float32Array.from(data, halfToFloat) : data;
}

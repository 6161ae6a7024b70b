import { classesOf, ElementType, type DatasetInspection, type ValueSummary } from '#contracts';
import { sourceOf } from './bind.js';
import { openDataset } from './open-dataset.js';

/** Opens a data set and looks at every value that it serves; what it holds, for the record. Throws DatasetError. */
export async function inspectDataset(folder: string): Promise<DatasetInspection> {
  const dataset = await openDataset(folder);
  try {
    const names = classesOf(dataset.manifest.labels)?.names;
    const warnings: string[] = [];
    for (const split of dataset.splitNames) warnings.push(...(await dataset.examine(split)));
    return {
      inputs: Object.fromEntries(
        dataset.inputNames.map((name) => {
          const { type, dims } = dataset.sampleType(name);
          const batchAxis = dataset.batchAxis(name);
          return [name, { type, dims: [...dims], ...(batchAxis === 0 ? {} : { batchAxis }) }];
        }),
      ),
      classes: dataset.classes,
      ...(names ? { classNames: [...names] } : {}),
      ...(dataset.targetDims ? { targets: [...dataset.targetDims] } : {}),
      ...(dataset.manifest.labels?.boxes ? { boxes: true } : {}),
      splits: Object.fromEntries(dataset.splitNames.map((split) => [split, dataset.sampleCount(split)])),
      ...(warnings.length > 0 ? { warnings: [...new Set(warnings)] } : {}),
    };
  } finally {
    await dataset.close();
  }
}

/**
 * Why a data set cannot feed a model: which input, expected and got. Empty when it can. The first axis is the batch.
 */
export function matchInputs(
  inspection: DatasetInspection,
  modelInputs: readonly ValueSummary[],
): { field: string; message: string }[] {
  const available = Object.keys(inspection.inputs);
  const names = modelInputs.map(({ name }) => name);
  return modelInputs.flatMap((input) => {
    const field = `dataset.inputs.${input.name}`;
    const source = sourceOf(input.name, available, names);
    if (source === null) {
      const names = available.map((name) => `"${name}"`).join(', ');
      const message =
        `nothing feeds the model's input "${input.name}": the data set has ${names}; ` +
        'rename one, or use "*" for the only input of a model';
      return [{ field, message }];
    }
    const problems = mismatches(input, inspection.inputs[source]!);
    return problems.map((problem) => ({ field, message: `model input "${input.name}": ${problem}` }));
  });
}

function mismatches(input: ValueSummary, sample: DatasetInspection['inputs'][string]): string[] {
  const problems: string[] = [];
  const axis = sample.batchAxis === undefined ? 0 : sample.batchAxis;
  if (input.type !== sample.type)
    problems.push(`expected ${input.type}, got ${sample.type}; ${typeWayOut(input.type)}`);
  const dims: (number | string)[] = [...sample.dims];
  const served = axis === null ? dims : dims.toSpliced(axis, 0, BATCH);
  if (input.dims && (!shapesAgree(input.dims, served) || likelyAxis(input.dims, sample.dims, axis) !== null)) {
    const wayOut =
      axis === 0 ? shapeWayOut(input.dims, sample.dims) : 'correct dims, the constant or batchAxis in the manifest';
    problems.push(`expected shape ${shapeText(input.dims)}, got ${shapeText(served)}; ${wayOut}`);
  }
  return problems;
}

/** Only what a manifest can do is offered. */
function typeWayOut(type: string): string {
  if (!ElementType.safeParse(type).success)
    return `no data set can feed an input of type ${type}: export the model with an input of one of ${ElementType.options.join(', ')}`;
  return `add { op: cast, to: ${type} }${type === 'float32' ? ' or scale' : ''} to its preprocessing`;
}

/**
 * The first axis of a model's input is the batch; a data set cannot do without it, nor change how many elements a
 * sample has but by padding.
 */
function shapeWayOut(dims: readonly (number | string)[], sample: readonly number[]): string {
  const [batch, ...wanted] = dims;
  if (batch === undefined)
    return 'the input is a scalar: feed it with constant: 1 in the manifest, or export the model with a first axis of samples';
  if (String(dims) === String(sample))
    return 'the input is a single sample without an axis for the batch: add batchAxis: null in the manifest, or export the model with a first axis of samples';
  const other = likelyAxis(dims, sample, 0);
  if (other !== null) return `the samples lie along axis ${other}: add batchAxis: ${other} in the manifest`;
  const fixed = wanted.filter((dim): dim is number => typeof dim === 'number' && dim > 0);
  const isFixed = fixed.length === wanted.length;
  const elements = product(sample);
  if (!isFixed) {
    return freeWayOut(wanted, sample);
  }
  if (product(fixed) === elements) {
    return orderWayOut(fixed, sample);
  }
  if (fixed.length === sample.length && fixed.every((dim, axis) => dim >= (sample[axis] ?? 0))) {
    return padWayOut(fixed, sample);
  }
  return 'make the arrays anew in the shape that the model takes: a sample has fewer or more elements than the input';
}

/** Where an axis of the model is free. */
function freeWayOut(wanted: readonly (number | string)[], sample: readonly number[]): string {
  if (wanted.length === sample.length)
    return 'pad or transpose the arrays in the manifest, or make them anew, so that each fixed axis has its size';
  const dims = wanted.map((dim) => (typeof dim === 'number' && dim > 0 ? dim : '…')).join(', ');
  return `reshape each sample to ${wanted.length} axes in the manifest: { op: reshape, dims: [${dims}] }`;
}

/** Where a sample has as many elements as the input. */
function orderWayOut(fixed: readonly number[], sample: readonly number[]): string {
  const reshape = `{ op: reshape, dims: [${fixed.join(', ')}] }`;
  if (!isPermutation(fixed, sample)) return `add ${reshape} to its preprocessing`;
  const perm = permutation(fixed, sample).join(', ');
  return `{ op: transpose, perm: [${perm}] } turns the axes, ${reshape} only renames them`;
}

/** Where no axis of a sample is longer than the input's. */
function padWayOut(fixed: readonly number[], sample: readonly number[]): string {
  const ends = fixed.map((dim, axis) => dim - (sample[axis] ?? 0));
  const pads = [...fixed.map(() => 0), ...ends].join(', ');
  return `add { op: pad, pads: [${pads}] } to its preprocessing, or make the arrays anew in that shape`;
}

const product = (dims: readonly number[]): number => dims.reduce((size, dim) => size * dim, 1);

const isPermutation = (a: readonly number[], b: readonly number[]): boolean =>
  a.length === b.length && String(a.toSorted((x, y) => x - y)) === String(b.toSorted((x, y) => x - y));

/** For each wanted size the first axis of the sample that has it and is not taken. */
function permutation(wanted: readonly number[], sample: readonly number[]): number[] {
  const taken = new Set<number>();
  return wanted.map((dim) => {
    const axis = sample.findIndex((size, at) => size === dim && !taken.has(at));
    taken.add(axis);
    return axis;
  });
}

/**
 * The free axis of a model's input that the samples seem to lie along, where they are served along one that has a size;
 * null where there is none.
 */
function likelyAxis(dims: readonly (number | string)[], sample: readonly number[], axis: number | null): number | null {
  const size = axis === null ? 0 : dims[axis];
  if (typeof size !== 'number' || size < 2) return null;
  const isFree = (dim: number | string) => typeof dim === 'string' || dim <= 0;
  const without = (axis: number) => String(dims.toSpliced(axis, 1));
  const other = dims.findIndex((dim, at) => isFree(dim) && without(at) === String(sample));
  return other < 0 ? null : other;
}

/** Stands for the batch in a shape. */
const BATCH = 'batch';

/** `[batch, 3, ?]`: axes without a name are a question mark. */
function shapeText(dims: readonly (number | string)[]): string {
  const isNameless = (dim: number | string) => dim === '' || (typeof dim === 'number' && dim <= 0);
  return `[${dims.map((dim) => (isNameless(dim) ? '?' : dim)).join(', ')}]`;
}

/** Whether samples that are served in a shape fit a model's input; the batch fits any number of them. */
function shapesAgree(model: readonly (number | string)[], served: readonly (number | string)[]): boolean {
  const fits = (dim: number | string, size: number | string | undefined) =>
    typeof dim === 'string' || dim <= 0 || size === BATCH || dim === size;
  return model.length === served.length && model.every((dim, axis) => fits(dim, served[axis]));
}

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

/** Why a data set cannot feed a model: which input, expected and got. Empty when it can. The first axis is the batch. */
export function matchInputs(
  inspection: DatasetInspection,
  modelInputs: readonly ValueSummary[],
): { field: string; message: string }[] {
  const available = Object.keys(inspection.inputs);
  const names = modelInputs.map(({ name }) => name);
  return modelInputs.flatMap((input) => {
    const field = `dataset.inputs.${input.name}`;
    const source = sourceOf(input.name, available, names);
    if (source === null)
      return [
        {
          field,
          message: `nothing feeds the model's input "${input.name}": the data set has ${available.map((name) => `"${name}"`).join(', ')}; rename one, or use "*" for the only input of a model`,
        },
      ];
    return mismatches(input, inspection.inputs[source]!).map((message) => ({
      field,
      message: `model input "${input.name}": ${message}`,
    }));
  });
}

function mismatches(input: ValueSummary, sample: DatasetInspection['inputs'][string]): string[] {
  const problems: string[] = [];
  const axis = sample.batchAxis === undefined ? 0 : sample.batchAxis;
  if (input.type !== sample.type)
    problems.push(`expected ${input.type}, got ${sample.type}; ${typeWayOut(input.type)}`);
  const served = axis === null ? [...sample.dims] : (sample.dims as (number | string)[]).toSpliced(axis, 0, BATCH);
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

/** The first axis of a model's input is the batch; a data set cannot do without it, nor change how many elements a sample has but by padding. */
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
  if (!isFixed)
    return wanted.length === sample.length
      ? 'pad or transpose the arrays in the manifest, or make them anew, so that each fixed axis has its size'
      : `reshape each sample to ${wanted.length} axes in the manifest: { op: reshape, dims: [${wanted.map((dim) => (typeof dim === 'number' && dim > 0 ? dim : '…')).join(', ')}] }`;
  if (product(fixed) === elements)
    return isPermutation(fixed, sample)
      ? `{ op: transpose, perm: [${permutation(fixed, sample).join(', ')}] } turns the axes, { op: reshape, dims: [${fixed.join(', ')}] } only renames them`
      : `add { op: reshape, dims: [${fixed.join(', ')}] } to its preprocessing`;
  if (fixed.length === sample.length && fixed.every((dim, axis) => dim >= (sample[axis] ?? 0)))
    return `add { op: pad, pads: [${[...fixed.map(() => 0), ...fixed.map((dim, axis) => dim - (sample[axis] ?? 0))].join(', ')}] } to its preprocessing, or make the arrays anew in that shape`;
  return 'make the arrays anew in the shape that the model takes: a sample has fewer or more elements than the input';
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

/** The free axis of a model's input that the samples seem to lie along, where they are served along one that has a size; null where there is none. */
function likelyAxis(dims: readonly (number | string)[], sample: readonly number[], axis: number | null): number | null {
  const size = axis === null ? 0 : dims[axis];
  if (typeof size !== 'number' || size < 2) return null;
  const isFree = (dim: number | string) => typeof dim === 'string' || dim <= 0;
  const other = dims.findIndex((dim, at) => isFree(dim) && String(dims.toSpliced(at, 1)) === String(sample));
  return other < 0 ? null : other;
}

/** Stands for the batch in a shape. */
const BATCH = 'batch';

/** `[batch, 3, ?]`: axes without a name are a question mark. */
function shapeText(dims: readonly (number | string)[]): string {
  return `[${dims.map((dim) => (dim === '' || (typeof dim === 'number' && dim <= 0) ? '?' : dim)).join(', ')}]`;
}

/** Whether samples that are served in a shape fit a model's input; the batch fits any number of them. */
function shapesAgree(model: readonly (number | string)[], served: readonly (number | string)[]): boolean {
  return (
    model.length === served.length &&
    model.every((dim, axis) => typeof dim === 'string' || dim <= 0 || served[axis] === BATCH || dim === served[axis])
  );
}

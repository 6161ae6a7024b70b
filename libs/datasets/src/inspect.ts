import type { DatasetInspection, ValueSummary } from '#contracts';
import { sourceOf } from './bind.js';
import { openDataset } from './dataset.js';

/** Opens a data set and checks every label; what it holds, for the record. Throws DatasetError. */
export async function inspectDataset(folder: string): Promise<DatasetInspection> {
  const dataset = await openDataset(folder);
  try {
    for (const split of dataset.splitNames) await dataset.labels(split);
    return {
      inputs: Object.fromEntries(dataset.inputNames.map((name) => {
        const { type, dims } = dataset.sampleType(name);
        return [name, { type, dims: [...dims] }];
      })),
      classes: dataset.classes,
      ...(dataset.targetDims ? { targets: [...dataset.targetDims] } : {}),
      splits: Object.fromEntries(dataset.splitNames.map((split) => [split, dataset.sampleCount(split)])),
    };
  } finally {
    await dataset.close();
  }
}

/** Why a data set cannot feed a model: which input, expected and got. Empty when it can. The first axis is the batch. */
export function matchInputs(inspection: DatasetInspection, modelInputs: readonly ValueSummary[]): { field: string; message: string }[] {
  const available = Object.keys(inspection.inputs);
  const names = modelInputs.map(({ name }) => name);
  return modelInputs.flatMap((input) => {
    const field = `dataset.inputs.${input.name}`;
    const source = sourceOf(input.name, available, names);
    if (source === null) return [{ field, message: `nothing feeds the model's input "${input.name}": the data set has ${available.map((name) => `"${name}"`).join(', ')}; rename one, or use "*" for the only input of a model` }];
    return mismatches(input, inspection.inputs[source]!).map((message) => ({ field, message: `model input "${input.name}": ${message}` }));
  });
}

function mismatches(input: ValueSummary, sample: DatasetInspection['inputs'][string]): string[] {
  const problems: string[] = [];
  if (input.type !== sample.type) {
    problems.push(`expected ${input.type}, got ${sample.type}; add { op: cast, to: ${input.type} } or scale to its preprocessing`);
  }
  if (input.dims && !shapesAgree(input.dims, sample.dims)) {
    problems.push(`expected shape [${input.dims.join(', ')}], got [batch, ${sample.dims.join(', ')}]; pad, reshape or transpose it in the manifest`);
  }
  return problems;
}

function shapesAgree(model: readonly (number | string)[], sample: readonly number[]): boolean {
  const [, ...rest] = model;
  return model.length === sample.length + 1 && rest.every((dim, axis) => typeof dim === 'string' || dim <= 0 || dim === sample[axis]);
}

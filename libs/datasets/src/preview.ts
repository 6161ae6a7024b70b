import { classesOf, type SplitName } from '#contracts';
import { Session, type HostTensor, type HostTensors } from '#inference';
import type { Batch, Dataset } from './dataset.js';
import { numberReader } from './dtype.js';
import { openDataset } from './open-dataset.js';
import { pngOf } from './media/png.js';
import { recordStates } from './record-states.js';

/** A sample as the model gets it. */
export interface PreviewedSample {
  /**
   * The first input that has the shape of a picture, in gray or colours, its least value black and its greatest white;
   * null where none has.
   */
  picture: Buffer | null;
  /** Each input: shape, least, mean and greatest value. */
  inputs: { name: string; dims: readonly number[]; least: number; mean: number; most: number }[];
  /** The class or the first numbers of the label; null without labels. */
  label: string | null;
  /** What the model answers now: the likeliest classes with their scores, or the first numbers. */
  answer: string;
}

export interface Preview {
  split: SplitName;
  samples: PreviewedSample[];
  /** Top-1 of the model over so many samples; null without classes. */
  accuracy: { top1: number; samples: number; classes: number } | null;
  /** Why there is no accuracy though samples have classes; else null. */
  unmeasured: string | null;
}

/** Samples that the accuracy of a preview is measured on. */
const MEASURED = 200;
const BATCH = 16;

/** Which samples are shown: so many of a split, after the first `from`. */
export interface PreviewChoice {
  count: number;
  from?: number;
  /** Where none is named that of tests, or else the first that there is. */
  split?: SplitName | undefined;
}

/**
 * Serves samples of a data set to a model, and shows what it got and what it answers; the first ones are those by which
 * its accuracy is told. Throws DatasetError, ModelLoadError, RunError.
 */
export async function previewDataset(path: string, model: Uint8Array, choice: PreviewChoice): Promise<Preview> {
  const session = await Session.create(model);
  const opened = await openDataset(path);
  let data: Dataset = opened;
  try {
    data = opened.bindInputs(session.inputs.map(({ name }) => name));
    if (data.sequenceSteps !== null) data = await recordStates(data, session);
    const first = (['test', 'train', 'calibration'] as const).find((name) => opened.hasSplit(name)) ?? 'test';
    return await shown(data, session, choice.split ?? first, choice);
  } finally {
    await data.close();
    await session.release();
  }
}

async function shown(
  data: Dataset,
  session: Session,
  split: SplitName,
  { count, from = 0 }: PreviewChoice,
): Promise<Preview> {
  const fixed = data.batchOf(session.inputs);
  const [batchSize, isFixed] = [fixed ?? BATCH, fixed !== null];
  const samples: PreviewedSample[] = [];
  let [right, measured] = [0, 0];
  let unmeasured: string | null = null;
  const whole = isFixed ? Math.ceil(count / batchSize) * batchSize : count;
  const limit = from === 0 ? Math.max(whole, MEASURED) : whole;
  for await (const batch of data.batches(split, { batchSize, start: from, limit, dropLast: isFixed })) {
    const outputs = await session.run(batch.inputs);
    const scores = scoresIn(outputs, batch.size, data.classes);
    if (batch.labels && !scores) unmeasured = withoutScores(outputs, batch.size, data.classes);
    for (let row = 0; row < batch.size; row++) {
      if (samples.length < count) samples.push(await sampleOf(data, batch, { row, outputs, scores }));
      if (from > 0 || !scores || !batch.labels) continue;
      measured += 1;
      right += Number(ranked(scores, row, batch.size)[0]?.index === batch.labels[row]);
    }
  }
  const { classes } = data;
  const accuracy = measured > 0 && classes !== null ? { top1: right / measured, samples: measured, classes } : null;
  return { split, samples, accuracy, unmeasured };
}

interface Answered {
  row: number;
  outputs: HostTensors;
  scores: HostTensor | null;
}

async function sampleOf(data: Dataset, batch: Batch, { row, outputs, scores }: Answered): Promise<PreviewedSample> {
  const inputs = Object.entries(batch.inputs).filter(([name]) => data.batchAxis(name) === 0);
  const rows = inputs.map(([name, tensor]) => ({ name, ...rowOf(tensor, row, batch.size) }));
  const names = classesOf(data.manifest.labels)?.names ?? null;
  const first = scores ?? Object.values(outputs)[0];
  const pictured = rows.find(({ dims }) => isPicture(dims));
  return {
    picture: pictured ? await pngOf(pictured.dims, pictured.values) : null,
    inputs: rows.map(({ name, dims, values }) => ({ name, dims, ...rangeOf(values) })),
    label: labelOf(batch, row, names),
    answer: scores
      ? ranked(scores, row, batch.size)
          .slice(0, MOST_TOLD)
          .map(({ index, value }) => `${nameOf(index, names)} ${short(value)}`)
          .join(', ')
      : first
        ? numbers(rowOf(first, row, batch.size).values)
        : 'nothing',
  };
}

const MOST_TOLD = 3;
const short = (value: number): string => String(Number(value.toPrecision(3)));
const nameOf = (index: number, names: readonly string[] | null): string => names?.[index] ?? `class ${index}`;

function labelOf({ labels, targets, size }: Batch, row: number, names: readonly string[] | null): string | null {
  if (labels) return nameOf(labels[row] ?? 0, names);
  return targets ? numbers(rowOf(targets, row, size).values) : null;
}

const MOST_NUMBERS = 6;
function numbers(values: Float64Array): string {
  const shown = Array.from(values.subarray(0, MOST_NUMBERS), short).join(', ');
  return values.length > MOST_NUMBERS ? `${shown}, …` : shown;
}

function rowOf({ type, dims, data }: HostTensor, row: number, size: number): { dims: number[]; values: Float64Array } {
  const width = data.length / size;
  const numberAt = numberReader(type, data);
  const values = Float64Array.from({ length: width }, (_, i) => numberAt(row * width + i));
  return { dims: dims.slice(1), values };
}

function rangeOf(values: Float64Array): { least: number; mean: number; most: number } {
  let [least, most, sum] = [Infinity, -Infinity, 0];
  for (const value of values) {
    least = Math.min(least, value);
    most = Math.max(most, value);
    sum += value;
  }
  return { least, mean: sum / values.length, most };
}

/** Height and width, alone or with one or three channels before or after them. */
function isPicture(dims: readonly number[]): boolean {
  if (dims.length === 2) return Math.min(...dims) > 3;
  if (dims.length !== 3) return false;
  return [dims[0], dims[2]].some((channels) => channels === 1 || channels === 3);
}

function scoresIn(outputs: HostTensors, size: number, classes: number | null): HostTensor | null {
  return Object.values(outputs).find(({ data }) => classes !== null && data.length === size * classes) ?? null;
}

function withoutScores(outputs: HostTensors, size: number, classes: number | null): string {
  const widths = Object.entries(outputs).map(([name, { data }]) => `${name} has ${data.length / size}`);
  return (
    `no output has ${classes} numbers a sample, one for each class of the labels: ${widths.join(', ')}; ` +
    'make classes in the manifest those of the model, in the order of its scores'
  );
}

function ranked(scores: HostTensor, row: number, size: number): { index: number; value: number }[] {
  const scored = Array.from(rowOf(scores, row, size).values, (value, index) => ({ index, value }));
  return scored.toSorted((a, b) => b.value - a.value);
}

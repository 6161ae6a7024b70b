import type { SplitName } from '#contracts';
import type { HostTensor, HostTensors, Session } from '#inference';
import { samplesFirst } from './batch-axis.js';
import type { Dataset } from './dataset.js';
import { DatasetError } from './errors.js';
import type { Rows } from './rows.js';
import { TemporaryFile } from './temporary-file.js';

/** Sequences that a model runs side by side, where its batch is free. */
const SEQUENCES = 16;

/**
 * The data set with the states that a model hands on from step to step: it is run through every sequence, and each step
 * becomes a sample with the state before it. `dataset` is bound to the model's inputs. Throws DatasetError for an
 * output that is missing or has another shape than the state.
 */
export async function recordStates(
  dataset: Dataset,
  session: Session,
  progress: (done: number, total: number) => void = () => undefined,
): Promise<Dataset> {
  const handed = handedStates(dataset);
  const states = new Map<SplitName, Record<string, Rows>>();
  const total = dataset.splitNames.reduce((sum, split) => sum + dataset.rowCount(split), 0);
  let done = 0;
  for (const split of dataset.splitNames) {
    const files = await Promise.all(handed.map(() => TemporaryFile.create()));
    for await (const rows of recorded(dataset, session, { split, handed, files })) progress((done += rows), total);
    const rowsOfState = handed.map(({ source, bytes }, i) => [source, stateRows(files[i], bytes)]);
    states.set(split, Object.fromEntries(rowsOfState));
  }
  return dataset.withStates(states);
}

/** A state: the model's input, the manifest's, the output that follows it, and its bytes for one sample. */
interface Handed {
  input: string;
  source: string;
  output: string;
  bytes: number;
}

function handedStates(dataset: Dataset): Handed[] {
  return dataset.inputNames.flatMap((input) => {
    const source = dataset.sourceOf(input);
    const output = dataset.manifest.inputs[source]?.state?.output;
    return output === undefined ? [] : [{ input, source, output, bytes: dataset.stateBytes(input) }];
  });
}

interface Recording {
  split: SplitName;
  handed: readonly Handed[];
  files: readonly TemporaryFile[];
}

/**
 * Runs the sequences of a split, some at a time, and writes the state before each step; yields how many steps that
 * were.
 */
async function* recorded(dataset: Dataset, session: Session, recording: Recording): AsyncGenerator<number> {
  const { split, handed, files } = recording;
  const steps = dataset.sequenceSteps ?? 1;
  const sequences = Math.floor(dataset.rowCount(split) / steps);
  const together = dataset.batchOf(session.inputs) ?? SEQUENCES;
  for (let first = 0; first < sequences; first += together) {
    const sequenceOf = (i: number) => Math.min(sequences - 1, first + i);
    const group = Array.from({ length: together }, (_, i) => sequenceOf(i));
    let before: HostTensors = {};
    for (let step = 0; step < steps; step++) {
      const rows = Uint32Array.from(group, (sequence) => sequence * steps + step);
      const feeds = { ...(await dataset.inputsAt(split, rows)), ...before };
      for (const [i, state] of handed.entries()) {
        const values = samplesFirst(tensorOf(feeds, state.input), dataset.batchAxis(state.input));
        writeStates(files[i], state, rows, values);
      }
      const outputs = await session.run(feeds);
      const after = (state: Handed) => next(outputs, state, tensorOf(feeds, state.input));
      before = Object.fromEntries(handed.map((state) => [state.input, after(state)]));
    }
    yield Math.min(together, sequences - first) * steps;
  }
}

function tensorOf(feeds: HostTensors, name: string): HostTensor {
  const tensor = feeds[name];
  if (tensor) return tensor;
  throw new DatasetError('dataset_input', `nothing feeds the state "${name}"`);
}

function next(outputs: HostTensors, { input, output }: Handed, before: HostTensor): HostTensor {
  const after = outputs[output];
  if (after && after.type === before.type && String(after.dims) === String(before.dims)) return after;
  const got = after ? `${after.type} [${after.dims}]` : `outputs ${Object.keys(outputs).join(', ')}`;
  throw new DatasetError('dataset_input', `the output "${output}" cannot be handed on to the state "${input}"`, {
    expected: `${before.type} [${before.dims}]`,
    got,
    wayOut: 'correct output, dims or type of the state in the manifest',
  });
}

function writeStates(file: TemporaryFile | undefined, { bytes }: Handed, rows: Uint32Array, states: Uint8Array): void {
  const stateAt = (i: number) => states.subarray(i * bytes, (i + 1) * bytes);
  rows.forEach((row, i) => file?.write(stateAt(i), row * bytes));
}

function stateRows(file: TemporaryFile | undefined, bytes: number): Rows {
  const read: Rows['read'] = (row, target) => file?.read(target, row * bytes);
  return { read, close: () => file?.close() };
}

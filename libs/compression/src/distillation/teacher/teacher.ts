import { Session, type HostTensor, type HostTensors } from '#inference';
import type { Dataset } from '#datasets';
import { DataType, Graph, elementCount, makeValueInfo, readModel, writeModel } from '#onnx';
import { TrainingError } from '../../training/errors.js';
import { repeated, rowsOf } from '../../training/batches/rows.js';
import { checkValue } from '../feature-names.js';

/** Samples that the teacher sees at once when it answers a whole split. */
const TEACHER_BATCH = 128;

/** Answers kept in memory: those to 60,000 images of 1,000 classes; hidden values soon pass it. */
const RECORD_LIMIT_BYTES = 256e6;

/** Whom the student imitates. */
export interface Teacher {
  readonly inputNames: string[];
  /** Answers by output name, one row of floats per sample in each. Throws TrainingError when no output is such. */
  answer(inputs: HostTensors): Promise<HostTensors>;
  release(): Promise<void>;
}

/** A model that teaches; its answers are its outputs of floats. */
export class ModelTeacher implements Teacher {
  private constructor(private readonly session: Session) {}

  /** `hidden` names values of the graph to answer with as well. Throws TrainingError for one that it has not. */
  static async load(model: Uint8Array, threads: number, hidden: readonly string[] = []): Promise<ModelTeacher> {
    return new ModelTeacher(await Session.create(hidden.length > 0 ? withOutputs(model, hidden) : model, { threads }));
  }

  get inputNames(): string[] {
    return this.session.inputs.map(({ name }) => name);
  }

  async answer(inputs: HostTensors): Promise<HostTensors> {
    const samples = Object.values(inputs)[0]!.dims[0]!;
    const outputs = Object.entries(await this.run(inputs, samples));
    const answers = outputs.filter(([, { type, dims }]) => type === 'float32' && dims[0] === samples);
    if (answers.length > 0) return Object.fromEntries(answers);
    const got = outputs.map(([name, { type, dims }]) => `"${name}" ${type} [${dims}]`).join(', ');
    throw new TrainingError(
      `the teacher has no output with one row of floats per sample: got ${got} for ${samples} samples`,
    );
  }

  async release(): Promise<void> {
    await this.session.release();
  }

  /** A file that fixes its batch answers so many samples at a time, the last ones filled up. */
  private async run(inputs: HostTensors, samples: number): Promise<HostTensors> {
    const batches = this.session.inputs.map(({ dims }) => dims[0]);
    const fixed = batches.find((dim): dim is number => typeof dim === 'number' && dim > 0);
    if (fixed === undefined || fixed === samples) return this.session.run(inputs);
    const parts: HostTensors[] = [];
    for (let from = 0; from < samples; from += fixed) {
      const count = Math.min(fixed, samples - from);
      const taken = Object.entries(rowsOf(inputs, from, count));
      const rows = taken.map(([name, tensor]) => [name, repeated(tensor, fixed)]);
      parts.push(await this.session.run(Object.fromEntries(rows)));
    }
    return Object.fromEntries(
      Object.entries(parts[0]!).map(([name, { dims }]) => [
        name,
        dims[0] === fixed
          ? concatenated(
              parts.map((part) => part[name]!),
              samples,
            )
          : parts[0]![name]!,
      ]),
    );
  }
}

/** Rows of tensors one behind the other, the first `count` of them. */
function concatenated(tensors: readonly HostTensor[], count: number): HostTensor {
  const [{ dims, data, ...rest }] = tensors as [HostTensor, ...HostTensor[]];
  const whole = new (data.constructor as Float32ArrayConstructor)(data.length * tensors.length);
  tensors.forEach((tensor, i) => whole.set(tensor.data as Float32Array, i * data.length));
  const kept = whole.slice(0, (data.length / dims[0]!) * count);
  return { ...rest, dims: [count, ...dims.slice(1)], data: kept } as HostTensor;
}

/** The model with hidden values among its outputs. */
function withOutputs(bytes: Uint8Array, values: readonly string[]): Uint8Array {
  const model = readModel(bytes);
  const graph = new Graph(model);
  for (const value of new Set(values)) {
    checkValue('teacher', graph, value);
    if (!graph.isOutput(value)) graph.proto.output.push(makeValueInfo(value, DataType.FLOAT));
  }
  return writeModel(model);
}

/** The same tensors under the names of another model: by name, else by position. */
export function inputsFor(names: readonly string[], inputs: HostTensors): HostTensors {
  const tensors = Object.values(inputs);
  return Object.fromEntries(names.map((name, i) => [name, inputs[name] ?? tensors[i]!]));
}

/** Answers of one output to all samples of a split, one after the other. */
interface Recorded {
  /** Of one sample. */
  dims: readonly number[];
  size: number;
  values: Float32Array;
}

/**
 * The teacher's answers to every sample of a split, in stored order: without augmentation one forward pass serves all
 * epochs.
 */
export class RecordedAnswers {
  private constructor(private readonly outputs: ReadonlyMap<string, Recorded>) {}

  /** Null when all answers together are too large to be kept. */
  static async record(
    teacher: Teacher,
    data: Dataset,
    split: 'train',
    tell: (done: number) => void,
  ): Promise<RecordedAnswers | null> {
    const bound = data.bindInputs(teacher.inputNames);
    const count = data.sampleCount(split);
    const outputs = new Map<string, Recorded>();
    let at = 0;
    for await (const batch of bound.batches(split, { batchSize: TEACHER_BATCH })) {
      const answers = await teacher.answer(batch.inputs);
      if (bytesOf(answers) * (count / batch.size) > RECORD_LIMIT_BYTES) return null;
      for (const [name, answer] of Object.entries(answers)) {
        const known = outputs.get(name) ?? blank(answer, count);
        known.values.set(answer.data as Float32Array, at * known.size);
        outputs.set(name, known);
      }
      at += batch.size;
      tell(at);
    }
    return new RecordedAnswers(outputs);
  }

  /** Answers to the samples of one batch. */
  batch(indices: ArrayLike<number>): HostTensors {
    return Object.fromEntries(
      [...this.outputs].map(([name, { dims, size, values }]): [string, HostTensor] => {
        const data = new Float32Array(indices.length * size);
        for (let row = 0; row < indices.length; row++) {
          const at = indices[row]! * size;
          data.set(values.subarray(at, at + size), row * size);
        }
        return [name, { type: 'float32', dims: [indices.length, ...dims], data }];
      }),
    );
  }
}

function blank(answer: HostTensor, samples: number): Recorded {
  const dims = answer.dims.slice(1);
  const size = dims.reduce((product, dim) => product * dim, 1);
  return { dims, size, values: new Float32Array(samples * size) };
}

function bytesOf(answers: HostTensors): number {
  const bytes = ({ dims }: HostTensors[string]) => elementCount(dims) * Float32Array.BYTES_PER_ELEMENT;
  return Object.values(answers).reduce((sum, answer) => sum + bytes(answer), 0);
}

import { Session, type HostTensor, type HostTensors } from '#inference';
import type { Dataset } from '#datasets';
import { TrainingError } from '../train/errors.js';

/** Samples that the teacher sees at once when it answers a whole split. */
const TEACHER_BATCH = 128;

/** The model that the student imitates; its first output is its answer. */
export class Teacher {
  private constructor(
    private readonly session: Session,
    private readonly output: string,
  ) {}

  static async load(model: Uint8Array, threads: number): Promise<Teacher> {
    const session = await Session.create(model, { threads });
    return new Teacher(session, session.outputs[0]!.name);
  }

  get inputNames(): string[] {
    return this.session.inputs.map(({ name }) => name);
  }

  /** One answer per sample. Throws TrainingError when the output is not one row of floats per sample. */
  async answer(inputs: HostTensors): Promise<HostTensor & { type: 'float32' }> {
    const samples = Object.values(inputs)[0]!.dims[0];
    const answer = (await this.session.run(inputs, [this.output]))[this.output]!;
    if (answer.type !== 'float32' || answer.dims[0] !== samples) throw new TrainingError(`the teacher's output "${this.output}" is not one row of floats per sample: got ${answer.type} [${answer.dims}] for ${samples} samples`);
    return answer;
  }

  async release(): Promise<void> {
    await this.session.release();
  }
}

/** The teacher's answer to every sample of a split, in stored order: without augmentation one forward pass serves all epochs. */
export class RecordedAnswers {
  private constructor(
    private readonly values: Float32Array,
    private readonly dims: readonly number[],
  ) {}

  static async record(teacher: Teacher, data: Dataset, split: 'train'): Promise<RecordedAnswers> {
    const bound = data.bindInputs(teacher.inputNames);
    const count = data.sampleCount(split);
    const answers: Float32Array[] = [];
    let dims: readonly number[] = [];
    for await (const batch of bound.batches(split, { batchSize: TEACHER_BATCH })) {
      const answer = await teacher.answer(batch.inputs);
      dims = answer.dims.slice(1);
      answers.push(answer.data);
    }
    const size = dims.reduce((product, dim) => product * dim, 1);
    const values = new Float32Array(count * size);
    answers.forEach((part, i) => values.set(part, i * TEACHER_BATCH * size));
    return new RecordedAnswers(values, dims);
  }

  /** Answers to the samples of one batch. */
  batch(indices: ArrayLike<number>): HostTensor {
    const size = this.dims.reduce((product, dim) => product * dim, 1);
    const data = new Float32Array(indices.length * size);
    for (let row = 0; row < indices.length; row++) data.set(this.values.subarray(indices[row]! * size, (indices[row]! + 1) * size), row * size);
    return { type: 'float32', dims: [indices.length, ...this.dims], data };
  }
}

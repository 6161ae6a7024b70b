import { Session, type HostTensor } from '#inference';
import type { Dataset } from '#datasets';
import { TrainingError } from '../train/errors.js';

/** Samples that the teacher sees at once. */
const TEACHER_BATCH = 128;

/** The teacher's answer to every sample of a split, in stored order: without augmentation one forward pass serves all epochs. */
export class TeacherOutputs {
  private constructor(
    private readonly values: Float32Array,
    /** Shape of one sample's answer. */
    readonly dims: readonly number[],
  ) {}

  /** Runs the teacher once over the split. Throws TrainingError when its first output is not one float row per sample. */
  static async compute(teacher: Uint8Array, data: Dataset, split: 'train', threads: number): Promise<TeacherOutputs> {
    const session = await Session.create(teacher, { threads });
    const bound = data.bindInputs(session.inputs.map(({ name }) => name));
    const output = session.outputs[0]!.name;
    const count = data.sampleCount(split);
    let values = new Float32Array(0);
    let dims: readonly number[] = [];
    let done = 0;
    for await (const batch of bound.batches(split, { batchSize: TEACHER_BATCH })) {
      const answer = (await session.run(batch.inputs, [output]))[output]!;
      if (!(answer.data instanceof Float32Array) || answer.dims[0] !== batch.size) throw new TrainingError(`the teacher's output "${output}" is not one row of floats per sample: got ${answer.type} [${answer.dims}] for ${batch.size} samples`);
      const size = answer.data.length / batch.size;
      if (done === 0) {
        values = new Float32Array(count * size);
        dims = answer.dims.slice(1);
      }
      values.set(answer.data, done * size);
      done += batch.size;
    }
    await session.release();
    return new TeacherOutputs(values, dims);
  }

  /** Answers to the samples of one batch. */
  batch(indices: ArrayLike<number>): HostTensor {
    const size = this.dims.reduce((product, dim) => product * dim, 1);
    const data = new Float32Array(indices.length * size);
    for (let row = 0; row < indices.length; row++) data.set(this.values.subarray(indices[row]! * size, (indices[row]! + 1) * size), row * size);
    return { type: 'float32', dims: [indices.length, ...this.dims], data };
  }
}

import type { DatasetInspection } from '#contracts';
import { InferenceError, Session, type HostTensor, type HostTensors } from '#inference';
import { ARRAYS } from '#numbers';
import { writeModel, type ModelProto } from '#onnx';

/** Samples of a trial where the model takes any number: two, so that an axis of samples is told from one of 1. */
const SAMPLES = 2;

/** What the model answers to samples of zeros; null where it does not run on them, which tells nothing. */
export async function outputsOnZeros(
  model: ModelProto,
  data: DatasetInspection,
): Promise<{ inputs: HostTensors; outputs: HostTensors; size: number } | null> {
  let session: Session | null = null;
  try {
    session = await Session.create(writeModel(model), { quiet: true });
    const declared = session.inputs[0]?.dims[0];
    const size = typeof declared === 'number' && declared > 0 ? declared : SAMPLES;
    const arrayOf = (name: string) => zeros(data.inputs[name] ?? data.inputs['*'], size);
    const inputs = Object.fromEntries(session.inputs.map(({ name }) => [name, arrayOf(name)]));
    return { inputs, outputs: await session.run(inputs), size };
  } catch (error) {
    if (error instanceof InferenceError) return null;
    throw error;
  } finally {
    await session?.release();
  }
}

/** The shape of a batch: samples lie along the first axis or another, or the input has none. */
function batched(input: DatasetInspection['inputs'][string] | undefined, size: number): number[] {
  const { dims = [], batchAxis = 0 } = input ?? {};
  return batchAxis === null ? [...dims] : dims.toSpliced(batchAxis, 0, size);
}

function zeros(input: DatasetInspection['inputs'][string] | undefined, size: number): HostTensor {
  const dims = batched(input, size);
  const type = (input?.type ?? 'float32') as keyof typeof ARRAYS;
  const count = dims.reduce((product, dim) => product * dim, 1);
  return { type, dims, data: new ARRAYS[type](count) } as HostTensor;
}

import type { DatasetInspection } from '#contracts';
import { sourceOf } from '#datasets';
import { InferenceError, Session, type HostTensor, type HostTensors } from '#inference';
import { inspectModel, runnableBytes, writeModel, type ModelProto } from '#onnx';

type Value = ReturnType<typeof inspectModel>['inputs'][number];

/** Values that are tried, one after the other: what fails on all of them fails for its shapes. */
const TRIED: readonly ((index: number) => number)[] = [() => 0, () => 1, Math.sin];

const WAY_OUT = 'mend it where it was made, see that onnxruntime runs it there, and export it again';

/**
 * Why the runtime cannot load a model, or not run it on a sample of the shapes that a data set has; null where it can.
 * Only models whose inputs are all floats with samples along the first axis are run: of others the values may matter.
 */
export async function runProblem(model: ModelProto, dataset: DatasetInspection): Promise<string | null> {
  const { inputs } = inspectModel(model);
  let session: Session;
  try {
    session = await Session.create(runnableBytes(writeModel(model)), { quiet: true });
  } catch (error) {
    return wordsOf(error);
  }
  try {
    const feeds = TRIED.map((value) => feedsOf(inputs, dataset, value));
    return await firstSuccess(session, feeds);
  } finally {
    await session.release();
  }
}

async function firstSuccess(session: Session, tried: readonly (HostTensors | null)[]): Promise<string | null> {
  let problem: string | null = null;
  for (const feeds of tried) {
    if (feeds === null) return null;
    try {
      await session.run(feeds);
      return null;
    } catch (error) {
      problem = wordsOf(error);
    }
  }
  return problem;
}

function wordsOf(error: unknown): string {
  if (error instanceof InferenceError) return `${error.message}; ${WAY_OUT}`;
  throw error;
}

/** One batch; null where an input is not of floats, or no sample along the first axis. */
function feedsOf(
  inputs: readonly Value[],
  dataset: DatasetInspection,
  value: (index: number) => number,
): HostTensors | null {
  const names = inputs.map(({ name }) => name);
  const feeds = inputs.map(({ name, dims, type }): [string, HostTensor] | null => {
    const source = sourceOf(name, Object.keys(dataset.inputs), names);
    const sample = source === null ? undefined : dataset.inputs[source];
    if (!sample || sample.batchAxis !== undefined || type !== 'float32') return null;
    const batch = typeof dims?.[0] === 'number' ? dims[0] : 1;
    const shape = [batch, ...sample.dims];
    const length = shape.reduce((product, dim) => product * dim, 1);
    return [name, { type: 'float32', dims: shape, data: Float32Array.from({ length }, (_, i) => value(i)) }];
  });
  const whole = feeds.filter((feed) => feed !== null);
  return whole.length === feeds.length ? Object.fromEntries(whole) : null;
}

import { Session, type HostTensor, type HostTensors } from '#inference';
import { seededRandom } from '#numbers';
import { writeModel, type ModelProto } from '#onnx';

/** How far, as a share of the greatest number, the same samples may come out differently in a larger batch. */
const TOLERANCE = 1e-4;

/**
 * Whether a model that takes any batch gives each sample the answers that the model of a fixed batch gives it, in
 * batches of three and five times the size, the latter short of a sample where the size is more than one.
 */
export async function givesTheSame(
  fixed: ModelProto,
  free: ModelProto,
  feeds: HostTensors,
  batch: number,
): Promise<boolean> {
  const sessions: Session[] = [];
  try {
    for (const model of [fixed, free]) sessions.push(await Session.create(writeModel(model), { quiet: true }));
    const [one, any] = sessions as [Session, Session];
    for (const [times, short] of [
      [3, 0],
      [5, Math.min(1, batch - 1)],
    ] as const) {
      const parts = Array.from({ length: times }, (_, i) => varied(feeds, times * 100 + i));
      const apart: HostTensors[] = [];
      for (const part of parts) apart.push(await one.run(part));
      const rows = times * batch - short;
      const rowsOfAll = Object.keys(feeds).map((name) => [name, joined(parts, name, rows)]);
      const together = await any.run(Object.fromEntries(rowsOfAll));
      if (!Object.keys(together).every((name) => agree(together[name]!, joined(apart, name, rows)))) return false;
    }
    return true;
  } finally {
    for (const session of sessions) await session.release();
  }
}

/**
 * Other samples of the same shapes: floats at random, integers of zeros and ones, which are indices, lengths and pixels
 * alike.
 */
function varied(feeds: HostTensors, seed: number): HostTensors {
  const random = seededRandom(seed);
  return Object.fromEntries(
    Object.entries(feeds).map(([name, tensor]): [string, HostTensor] => {
      const { type, dims, data } = tensor;
      if (type === 'int64' || type === 'uint64')
        return [name, { type, dims, data: data.map(() => BigInt(Math.round(random()))) } as HostTensor];
      const isFloat = type === 'float32' || type === 'float64';
      const draw = () => (isFloat ? 2 * random() - 1 : Math.round(random()));
      return [name, { ...tensor, data: (data as Float32Array).map(draw) } as HostTensor];
    }),
  );
}

/** The first rows of tensors of one name, one behind the other. */
function joined(parts: readonly HostTensors[], name: string, rows: number): HostTensor {
  const tensors = parts.map((part) => part[name]!);
  const [{ type, dims, data }] = tensors as [HostTensor, ...HostTensor[]];
  const whole = new (data.constructor as Float32ArrayConstructor)(data.length * tensors.length);
  tensors.forEach((tensor, i) => whole.set(tensor.data as Float32Array, i * data.length));
  const taken = whole.slice(0, (data.length / dims[0]!) * rows);
  return { type, dims: [rows, ...dims.slice(1)], data: taken } as HostTensor;
}

function agree(got: HostTensor, expected: HostTensor): boolean {
  if (got.dims.join() !== expected.dims.join()) return false;
  const numbers = (data: HostTensor['data']) => Float64Array.from(data as ArrayLike<number>, Number);
  const [a, b] = [numbers(got.data), numbers(expected.data)];
  const most = b.reduce((greatest, value) => Math.max(greatest, Math.abs(value)), 0);
  const isNear = (value: number, i: number) => Object.is(value, b[i]) || Math.abs(value - b[i]!) <= TOLERANCE * most;
  return a.every(isNear);
}

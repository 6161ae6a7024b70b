import type { QuantizeOptions } from '#contracts';
import { Session } from '#inference';
import { DataType, GraphBuilder, makeTensor, ownName, writeModel } from '#onnx';
import type { LayerReport } from '../report.js';

/** Products in the sum that is tried. */
const PRODUCTS = 64;
/** The largest activation and the largest weight of 8 bits. */
const [ACTIVATION, WEIGHT] = [255, 127];

let saturates: Promise<boolean> | null = null;

/**
 * Whether the kernels that the runtime has for this CPU clamp sums of the largest products, as those of x86 without VNNI
 * do: found out by one such sum, once.
 */
export function sumsSaturate(): Promise<boolean> {
  saturates ??= largestSum().then((sum) => sum !== PRODUCTS * ACTIVATION * WEIGHT);
  return saturates;
}

async function largestSum(): Promise<number> {
  const dims = [PRODUCTS, PRODUCTS];
  const b = new GraphBuilder(ownName('sum'));
  const [x, w, y] = [ownName('x'), ownName('w'), ownName('y')];
  const stored = makeTensor(w, DataType.INT8, dims, new Int8Array(PRODUCTS * PRODUCTS).fill(WEIGHT));
  const operands = [b.input(x, dims, DataType.UINT8), b.initializer(stored)];
  b.op('MatMulInteger', operands, {}, { outputs: [b.output(y, dims, DataType.INT32)] });
  const session = await Session.create(writeModel(b.build()), { threads: 1 });
  try {
    const data = new Uint8Array(PRODUCTS * PRODUCTS).fill(ACTIVATION);
    const sums = await session.run({ [x]: { type: 'uint8', dims, data } });
    return Number(sums[y]?.data[0]);
  } finally {
    await session.release();
  }
}

/** The options with the range of weights decided. */
export async function settleRange<O extends Pick<QuantizeOptions, 'reduceRange' | 'scheme'>>(options: O): Promise<O> {
  const isOpen = options.reduceRange === 'auto' && (options.scheme === 'static' || options.scheme === 'dynamic');
  return isOpen ? { ...options, reduceRange: await sumsSaturate() } : options;
}

/** What a decided range means for other machines, for the verdict; empty where it means nothing. */
export function rangeTaken(
  { reduceRange, scheme }: Pick<QuantizeOptions, 'reduceRange' | 'scheme'>,
  layers: readonly LayerReport[],
): string {
  const isFull = reduceRange === false && (scheme === 'static' || scheme === 'dynamic');
  if (!isFull || !layers.some(isIntegerProduct)) return '';
  return (
    'weights take the whole of ±127, since this CPU adds their products up exactly: x86 CPUs without VNNI saturate, ' +
    'and reduceRange: true makes a file that answers the same on all of them'
  );
}

/** What a range that was asked for costs here, for the verdict; empty where it costs nothing or that is not known. */
export function rangeKept(
  { reduceRange, scheme }: Pick<QuantizeOptions, 'reduceRange' | 'scheme'>,
  layers: readonly LayerReport[],
  int8DotProduct: boolean | null,
): string {
  const isReduced = reduceRange === true && (scheme === 'static' || scheme === 'dynamic');
  if (!isReduced || int8DotProduct !== true || !layers.some(isIntegerProduct)) return '';
  return (
    'weights keep within ±64, as reduceRange asks for the sake of x86 CPUs without VNNI; CPUs like this one add up ' +
    'the whole of ±127 exactly, which keeps 1 to 5 dB more of many nets'
  );
}

function isIntegerProduct({ bits, opType, computesIn }: LayerReport): boolean {
  return bits === 8 && opType !== 'Gather' && computesIn !== 'float';
}

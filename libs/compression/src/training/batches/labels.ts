import type { HostTensors } from '#inference';

/** Class numbers as the loss reads them. */
export function classLabels(labels: Int32Array): HostTensors[string] {
  return { type: 'int64', dims: [labels.length], data: BigInt64Array.from(labels, BigInt) };
}

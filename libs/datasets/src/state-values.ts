import { filled } from './constant.js';
import type { HostData } from './dtype.js';
import type { Places } from './gather.js';
import type { Rows } from './rows.js';
import type { SplitInput } from './split.js';

/** States of the samples: as they were recorded, else all as before the first step. */
export function stateValues(
  { sample, initial }: Extract<SplitInput, { kind: 'state' }>,
  states: Rows | undefined,
  places: Places,
  size: number,
): HostData {
  const elements = sample.dims.reduce((product, dim) => product * dim, 1);
  const data = filled(initial, size * elements, sample.type);
  if (!states) return data;
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  const width = bytes.length / size;
  for (let i = 0; i < size; i++) {
    const row = typeof places === 'number' ? places + i : (places[i] ?? 0);
    states.read(row, bytes.subarray(i * width, (i + 1) * width));
  }
  return data;
}

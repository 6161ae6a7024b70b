import { float32 } from '#inference';
import { SampleMemory } from './sample-memory.js';

const DIMS = new Map([
  ['x', [2, 3]],
  ['y', [2]],
]);
const batch = (value: number) => ({
  x: float32([2, 3], new Float32Array(6).fill(value)),
  y: float32([2], new Float32Array(2).fill(-value)),
});
const valueAt = (memory: SampleMemory, share: number) => {
  const { x, y } = memory.at(share);
  return [(x!.data as Float32Array)[5], (y!.data as Float32Array)[1]];
};

describe('the memory of made batches', () => {
  it('gives back what it holds, and of more than it can hold the last ones', () => {
    const memory = new SampleMemory(DIMS);
    memory.add(batch(1));
    memory.add(batch(2));
    expect([valueAt(memory, 0), valueAt(memory, 0.99)]).toEqual([
      [1, -1],
      [2, -2],
    ]);
    for (let i = 3; i <= 101; i++) memory.add(batch(i));
    const held = Array.from({ length: 100 }, (_, i) => valueAt(memory, (i + 0.5) / 100)[0]!);
    expect(held.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, i) => i + 2));
  });

  it('goes on from its state, as a checkpoint keeps it', () => {
    const [first, second] = [new SampleMemory(DIMS), new SampleMemory(DIMS)];
    for (let i = 1; i <= 5; i++) first.add(batch(i));
    second.state.step = first.state.step;
    for (const [name, vector] of first.state.vectors) second.state.vectors.get(name)!.set(vector);
    for (const share of [0, 0.3, 0.99]) expect(valueAt(second, share)).toEqual(valueAt(first, share));
  });

  it('holds fewer batches where they are large', () => {
    const memory = new SampleMemory(new Map([['x', [64, 3, 224, 224]]]));
    expect(memory.state.vectors.get('x')!.length).toBe(3 * 64 * 3 * 224 * 224);
  });
});

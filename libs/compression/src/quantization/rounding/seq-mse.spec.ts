import { randomNumbers } from '#testing';
import { mseOfBlocks, sequentialMse, type SeqMseProblem } from './seq-mse.js';

const [SIZE, COLUMNS, ROWS] = [24, 6, 300];
const random = randomNumbers(23);
const noise = (count: number) => Float32Array.from({ length: count }, () => random() - 0.5);

/** A weight with one large element per column that small inputs meet: a scale that clips it is better. */
function problem(limit: number, shared = false): { task: SeqMseProblem; inputs: Float32Array } {
  const values = noise(SIZE * COLUMNS);
  for (let column = 0; column < COLUMNS; column++) values[column] = 3;
  const inputs = noise(ROWS * SIZE);
  for (let row = 0; row < ROWS; row++) inputs[row * SIZE]! *= 0.01;
  const scales = new Float32Array(shared ? 1 : COLUMNS).fill(3 / limit);
  return {
    task: { groups: 1, size: SIZE, columns: COLUMNS, values, scales, lowest: -limit, limit, rectified: null },
    inputs,
  };
}

/** Squared error of each column's outputs, in float64. */
function errorsOf({ values, lowest, limit }: SeqMseProblem, scales: Float32Array, inputs: Float32Array): number[] {
  return Array.from({ length: COLUMNS }, (_, column) => {
    const scale = scales[scales.length === 1 ? 0 : column]!;
    let sum = 0;
    for (let row = 0; row < ROWS; row++) {
      let difference = 0;
      for (let i = 0; i < SIZE; i++) {
        const value = values[i * COLUMNS + column]!;
        const level = Math.min(limit, Math.max(lowest, Math.round(value / scale)));
        difference += inputs[row * SIZE + i]! * (scale * level - value);
      }
      sum += difference ** 2;
    }
    return sum;
  });
}

const rowsOf = (inputs: Float32Array) => ({ count: ROWS, exact: inputs, quantized: inputs });

describe('scales by sequential MSE', () => {
  it.each([7, 3])('lose less of the output than those that clip nothing, on a grid of ±%i', async (limit) => {
    const { task, inputs } = problem(limit);
    const chosen = await sequentialMse(task, rowsOf(inputs), 1);
    const [before, after] = [errorsOf(task, task.scales, inputs), errorsOf(task, chosen, inputs)];
    // Between a tenth and a third of the error is left.
    after.forEach((error, column) => expect(error).toBeLessThan(0.6 * before[column]!));
  });

  it('are one where one was given', async () => {
    const { task, inputs } = problem(7, true);
    const chosen = await sequentialMse(task, rowsOf(inputs), 1);
    expect(chosen).toHaveLength(1);
    const sum = (errors: number[]) => errors.reduce((total, error) => total + error, 0);
    expect(sum(errorsOf(task, chosen, inputs))).toBeLessThan(0.6 * sum(errorsOf(task, task.scales, inputs)));
  });

  it('are one for each block of rows, on grids that reach further down than up', async () => {
    const [blockSize, blocks] = [10, 3];
    const { task, inputs } = problem(7);
    const grid = { ...task, lowest: -8, blockSize };
    const widest = (at: number) => {
      const [column, start] = [Math.floor(at / blocks), (at % blocks) * blockSize];
      const rows = Array.from({ length: Math.min(SIZE - start, blockSize) }, (_, i) => start + i);
      return Math.max(...rows.map((row) => Math.abs(task.values[row * COLUMNS + column]!))) / -8;
    };
    const scales = Float32Array.from({ length: COLUMNS * blocks }, (_, at) => widest(at));
    const chosen = await mseOfBlocks({ ...grid, scales }, rowsOf(inputs), 1);
    const errorOf = (some: Float32Array, at: number) => {
      const [column, start] = [Math.floor(at / blocks), (at % blocks) * blockSize];
      const count = Math.min(SIZE - start, blockSize);
      const difference = (row: number) =>
        Array.from({ length: count }, (_, i) => {
          const value = task.values[(start + i) * COLUMNS + column]!;
          const level = Math.min(7, Math.max(-8, Math.round(value / some[at]!)));
          return inputs[row * SIZE + start + i]! * (some[at]! * level - value);
        }).reduce((sum, part) => sum + part, 0);
      return Array.from({ length: ROWS }, (_, row) => difference(row) ** 2).reduce((sum, part) => sum + part, 0);
    };
    // The first block has the large element.
    scales.forEach((_, at) =>
      expect(errorOf(chosen, at)).toBeLessThan(errorOf(scales, at) * (at % blocks === 0 ? 0.6 : 1.001)),
    );
    expect(chosen.every((scale) => scale < 0)).toBe(true);
  });

  it('stay as they are without rows, and for a column without weights', async () => {
    const { task, inputs } = problem(7);
    const none = { count: 0, exact: new Float32Array(), quantized: new Float32Array() };
    expect(await sequentialMse(task, none, 1)).toEqual(task.scales);
    for (let i = 0; i < SIZE; i++) task.values[i * COLUMNS] = 0;
    expect((await sequentialMse(task, rowsOf(inputs), 1))[0]).toBe(task.scales[0]);
  });
});

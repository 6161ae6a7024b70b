import type { Dataset } from '#datasets';
import { Session, type HostTensor, type HostTensors } from '#inference';
import { SPLIT_SAMPLES } from '#testing';

/** How a model differs from the one that it was made of. */
export interface OutputDistance {
  /** What keeps it from standing in the other's place: another interface, values that are not finite. */
  problems: string[];
  /** Signal to noise of each output of floats, dB; Infinity where they are equal. */
  snrDb: Map<string, number>;
}

/** Runs both models on a split of the data set. */
export async function compareModels(
  before: Uint8Array,
  after: Uint8Array,
  data: Dataset,
  split: 'calibration' | 'test',
): Promise<OutputDistance> {
  const [expected, got] = [await Session.create(before), await Session.create(after)];
  try {
    const problems = [
      ...interfaceProblems('inputs', expected.inputs, got.inputs),
      ...interfaceProblems('outputs', expected.outputs, got.outputs),
    ];
    if (problems.length > 0) return { problems, snrDb: new Map() };
    const declared = expected.inputs[0]?.dims[0];
    const noise = new Map<string, [signal: number, noise: number]>();
    for await (const { inputs } of data
      .bindInputs(expected.inputs.map(({ name }) => name))
      .batches(split, { batchSize: typeof declared === 'number' && declared > 0 ? declared : SPLIT_SAMPLES })) {
      const [reference, answer] = [await expected.run(inputs), await got.run(inputs)];
      problems.push(...compareAnswers(reference, answer, noise));
    }
    return {
      problems: [...new Set(problems)],
      snrDb: new Map(
        [...noise].map(([name, [signal, error]]) => [name, error === 0 ? Infinity : 10 * Math.log10(signal / error)]),
      ),
    };
  } finally {
    await expected.release();
    await got.release();
  }
}

function interfaceProblems(
  what: string,
  before: readonly { name: string; type: string }[],
  after: readonly { name: string; type: string }[],
): string[] {
  const [old, now] = [before, after].map((list) => list.map(({ name, type }) => `${name}: ${type}`).join(', '));
  return old === now ? [] : [`its ${what} are ${now} where they were ${old}`];
}

function compareAnswers(reference: HostTensors, answer: HostTensors, noise: Map<string, [number, number]>): string[] {
  return Object.entries(reference).flatMap(([name, expected]) => {
    const got = answer[name]!;
    if (expected.dims.join() !== got.dims.join())
      return [`output "${name}" has the shape [${got.dims}] where it was [${expected.dims}]`];
    if (expected.type !== 'float32') return [];
    const [signal, error] = noise.get(name) ?? [0, 0];
    noise.set(name, [
      signal + sum(expected, (x) => x * x),
      error + sum(expected, (x, i) => (x - (got.data as Float32Array)[i]!) ** 2),
    ]);
    const isFinite = (data: HostTensor['data']) => (data as Float32Array).every(Number.isFinite);
    return isFinite(expected.data) && !isFinite(got.data) ? [`output "${name}" is not finite where it was`] : [];
  });
}

function sum({ data }: HostTensor, term: (value: number, i: number) => number): number {
  let total = 0;
  (data as Float32Array).forEach((value, i) => (total += term(value, i)));
  return total;
}

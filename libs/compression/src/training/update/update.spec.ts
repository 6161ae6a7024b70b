import { ParameterLayout } from '#autodiff';
import { randomNumbers } from '#testing';
import { adam, sgd } from './optimizer.js';
import { Update, type UpdateOptions } from './update.js';

/** Sizes that fill no register, one and several. */
const LAYOUT = new ParameterLayout([
  { name: 'bias', dims: [3] },
  { name: 'matrix', dims: [8, 5] },
  { name: 'scale', dims: [] },
]);
const NAMES = LAYOUT.slots.map(({ name }) => name);

type Vectors = Map<string, number[]>;

/** Numbers in -1 … 1 for every tensor. */
function numbers(seed: number): Vectors {
  const random = randomNumbers(seed);
  const vector = (size: number) => Array.from({ length: size }, () => 2 * random() - 1);
  return new Map(LAYOUT.slots.map(({ name, size }) => [name, vector(size)]));
}

const floats = (vectors: Vectors) => LAYOUT.pack(vectors);
const STEPS = 6;
const RATE = 0.05;
const GRADIENTS = Array.from({ length: STEPS }, (_, i) => numbers(10 + i));
const START = numbers(1);

function taken(
  options: UpdateOptions,
  { mask, addressable }: { mask?: Float32Array; addressable?: number } = {},
): Update {
  const update = new Update(LAYOUT, options, { weights: floats(START), mask }, addressable);
  GRADIENTS.forEach((gradient, step) => {
    update.gradient.set(floats(gradient));
    expect(update.apply(RATE, step)).toBe(-1);
  });
  return update;
}

/** Takes the steps of a rule in doubles, element by element: it gives the weight after a step. */
function inDoubles(rule: (element: { w: number; g: number; state: number[]; step: number; name: string }) => number) {
  const weights = new Map([...START].map(([name, values]) => [name, [...values]]));
  const states = new Map([...START].map(([name, values]) => [name, values.map(() => [0, 0])]));
  GRADIENTS.forEach((gradient, step) => {
    for (const name of NAMES)
      weights.get(name)!.forEach((w, i) => {
        const g = gradient.get(name)![i]!;
        weights.get(name)![i] = rule({ w, g, state: states.get(name)![i]!, step, name });
      });
  });
  return weights;
}

function expectNear(update: Update, weights: Vectors): void {
  const found = LAYOUT.unpack(update.state.get('weights')!);
  for (const name of NAMES) weights.get(name)!.forEach((value, i) => expect(found.get(name)![i]).toBeCloseTo(value, 5));
}

describe('an update outside the graph', () => {
  it('takes the steps of Adam with decoupled weight decay, which spares what does not decay', () => {
    const decays = (name: string) => name === 'matrix';
    const update = taken({ optimizer: adam({ weightDecay: 0.3 }), decays });
    const expected = inDoubles(({ w, g, state, step, name }) => {
      state[0] = 0.9 * state[0]! + 0.1 * g;
      state[1] = 0.999 * state[1]! + 0.001 * g * g;
      const [m, v] = [state[0]! / (1 - 0.9 ** (step + 1)), state[1]! / (1 - 0.999 ** (step + 1))];
      return w * (1 - (decays(name) ? RATE * 0.3 : 0)) - (RATE * m) / (Math.sqrt(v) + 1e-8);
    });
    expectNear(update, expected);
  });

  it.each([
    ['without momentum', 0, false],
    ['with momentum', 0.9, false],
    ['with Nesterov momentum', 0.9, true],
  ])('descends %s', (_, momentum, nesterov) => {
    const update = taken({ optimizer: sgd({ momentum, nesterov, weightDecay: 0.2 }) });
    const expected = inDoubles(({ w, g, state }) => {
      state[0] = momentum * state[0]! + g;
      return w * (1 - RATE * 0.2) - RATE * (nesterov ? g + momentum * state[0] : state[0]);
    });
    expectNear(update, expected);
  });

  it('shortens gradients whose norm over all tensors passes the limit, and only those', () => {
    const norms = GRADIENTS.map((gradient) => Math.hypot(...[...gradient.values()].flat()));
    const limit = norms.toSorted((a, b) => a - b)[STEPS / 2]!;
    const update = taken({ optimizer: sgd(), clipNorm: limit });
    const expected = inDoubles(({ w, g, step }) => w - RATE * g * Math.min(1, limit / norms[step]!));
    expectNear(update, expected);
  });

  it('leaves masked elements as they are, to the bit, and their gradient out of the norm', () => {
    const mask = LAYOUT.pack(new Map(NAMES.map((name) => [name, START.get(name)!.map((_, i) => Number(i !== 1))])));
    const limit = 0.01;
    const update = taken({ optimizer: sgd({ momentum: 0.5 }), clipNorm: limit }, { mask });
    const frozen = LAYOUT.unpack(update.state.get('weights')!).get('matrix')![1];
    expect(frozen).toBe(Math.fround(START.get('matrix')![1]!));
    const isFree = (_: number, i: number) => i !== 1;
    const norms = GRADIENTS.map((gradient) =>
      Math.hypot(...NAMES.flatMap((name) => gradient.get(name)!.filter(isFree))),
    );
    let at = 0;
    const expected = inDoubles(({ w, g, state, step, name }) => {
      const i = at++ % LAYOUT.elements;
      const place = i - (name === 'bias' ? 0 : name === 'matrix' ? 3 : 43);
      const free = Number(place !== 1);
      state[0] = 0.5 * state[0]! + free * g * (limit / norms[step]!);
      return w - RATE * state[0];
    });
    expectNear(update, expected);
  });

  it('takes the same steps with a mask that frees all, to the bit', () => {
    const mask = new Float32Array(LAYOUT.size).fill(1);
    expect(taken({ optimizer: adam() }, { mask }).state).toEqual(taken({ optimizer: adam() }).state);
  });

  it('goes on from copied vectors to the bit', () => {
    const options = { optimizer: adam({ weightDecay: 0.1 }), averaging: 0.9, clipNorm: 1 };
    const whole = taken(options);
    const begun = new Update(LAYOUT, options, { weights: floats(START) });
    const step = (update: Update, i: number) => {
      update.gradient.set(floats(GRADIENTS[i]!));
      update.apply(RATE, i);
    };
    for (let i = 0; i < 3; i++) step(begun, i);
    const next = new Update(LAYOUT, options, { weights: floats(numbers(99)) });
    for (const [name, vector] of begun.state) next.state.get(name)!.set(vector);
    for (let i = 3; i < STEPS; i++) step(next, i);
    expect(next.state).toEqual(whole.state);
  });
});

describe('vectors longer than the kernels can address', () => {
  const long = new ParameterLayout([
    { name: 'first', dims: [9000] },
    { name: 'second', dims: [20_000] },
  ]);

  it('take the same steps in parts, to the bit', () => {
    const random = randomNumbers(3);
    const vector = () => Float32Array.from({ length: long.size }, () => random() - 0.5);
    const [weights, gradients] = [vector(), [vector(), vector()]];
    const mask = new Float32Array(long.size).fill(1).fill(0, 8190, 8200);
    const options = { optimizer: adam({ weightDecay: 0.1 }), decays: (name: string) => name === 'second', clipNorm: 5 };
    const [whole, parted] = [undefined, 1e5].map((addressable) => {
      const update = new Update(long, options, { weights, mask }, addressable);
      gradients.forEach((gradient, step) => {
        update.gradient.set(gradient);
        update.apply(0.01, step);
      });
      return update.state;
    });
    expect(parted).toEqual(whole);
    expect(parted!.get('weights')).not.toEqual(weights);
  });
});

describe('a step that would leave a weight infinite or no number', () => {
  it.each([NaN, Infinity, -Infinity])('is not taken for a gradient of %s', (value) => {
    const update = taken({ optimizer: adam() });
    const before = structuredClone(update.state);
    const { offset } = LAYOUT.slots[1]!;
    update.gradient.fill(0);
    update.gradient[offset + 7] = value;
    expect(update.apply(RATE, STEPS)).toBe(offset + 7);
    expect(update.state).toEqual(before);
  });

  it('is taken back where finite numbers overflow, at once or after steps that did not', () => {
    const update = taken({ optimizer: sgd({ momentum: 1 }) });
    const { offset } = LAYOUT.slots[1]!;
    update.gradient.fill(0);
    update.gradient[offset] = 1e38;
    expect(update.apply(1, STEPS)).toBe(-1);
    update.gradient.fill(0);
    const before = structuredClone(update.state);
    expect(update.apply(1e6, STEPS + 1)).toBe(offset);
    expect(update.state).toEqual(before);
    const resumed = new Update(LAYOUT, { optimizer: sgd({ momentum: 1 }) }, { weights: floats(START) });
    for (const [name, vector] of before) resumed.state.get(name)!.set(vector);
    expect(resumed.apply(1e6, STEPS + 1)).toBe(offset);
    expect(resumed.state).toEqual(before);
  });
});

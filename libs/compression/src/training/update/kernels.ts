import { F32, F32X4, F64, F64X2, I32X4, advance, get, load, set, store, untilReached } from './wasm.js';
import type { Code, ValueType, WasmFunction } from './wasm.js';
import { stateOf, type Optimizer } from './optimizer.js';

/** What a kernel is written for, besides the optimizer. */
export interface KernelOptions {
  optimizer: Optimizer;
  /** Whether a mask over the elements is multiplied into the gradient. */
  masked: boolean;
  /** Whether the gradient is scaled by `share`. */
  clipped: boolean;
  /** Whether a moving average of the weights is kept, of which `kept` stays. */
  averaged: boolean;
}

/** A function of WebAssembly, and the names of its parameters: addresses, the end of the first one, and scalars. */
export interface Kernel {
  addresses: readonly string[];
  scalars: readonly string[];
  code: WasmFunction;
}

export const WEIGHTS = 'weights';
export const AVERAGE = 'average';
export const GRADIENT = 'gradient';
export const MASK = 'mask';

/** Bytes of one round of a loop: two registers. */
const ROUND = 32;
const REGISTERS = [0, 16];

/** Names locals as they are asked for, parameters first. */
class Locals {
  private readonly types: ValueType[] = [];
  private readonly places = new Map<string, number>();

  at(name: string, type: ValueType = 'v128'): number {
    const known = this.places.get(name);
    if (known !== undefined) return known;
    this.places.set(name, this.types.push(type) - 1);
    return this.types.length - 1;
  }

  function(parameters: number, results: readonly ValueType[], body: Code): WasmFunction {
    return { parameters: this.types.slice(0, parameters), locals: this.types.slice(parameters), results, body };
  }
}

/** One pass that reads the gradient and takes weights and state to what they are after the step. */
export function updateKernel({ optimizer, masked, clipped, averaged }: KernelOptions): Kernel {
  const state = stateOf(optimizer);
  const written = [WEIGHTS, ...state, ...(averaged ? [AVERAGE] : [])];
  const addresses = [...written, GRADIENT, ...(masked ? [MASK] : [])];
  const rule = optimizer.kind === 'adam' ? ['beta1', 'beta2', 'epsilon', 'rate'] : ['momentum', 'rate'];
  const scalars = [...rule, 'decay', ...(clipped ? ['share'] : []), ...(averaged ? ['kept', 'new'] : [])];
  const locals = new Locals();
  const address = (name: string) => get(locals.at(name));
  for (const name of [...addresses, 'end']) locals.at(name, 'i32');
  for (const name of scalars) locals.at(name, 'f32');
  const wide = (name: string) => get(locals.at(`wide ${name}`));
  const value = (name: string) => get(locals.at(`value ${name}`));
  const takes = (name: string, code: Code) => set(locals.at(`value ${name}`), code);
  const { mul, add, sub, div, sqrt } = F32X4;
  const change = (): Code[] => {
    if (optimizer.kind === 'adam')
      return [
        takes('m', add(mul(value('m'), wide('beta1')), value(GRADIENT))),
        takes('v', add(mul(value('v'), wide('beta2')), mul(value(GRADIENT), value(GRADIENT)))),
        takes('change', div(value('m'), add(sqrt(value('v')), wide('epsilon')))),
      ];
    if (optimizer.momentum === 0) return [takes('change', value(GRADIENT))];
    const velocity = takes('velocity', add(mul(value('velocity'), wide('momentum')), value(GRADIENT)));
    const ahead = add(value(GRADIENT), mul(value('velocity'), wide('momentum')));
    return [velocity, takes('change', optimizer.nesterov ? ahead : value('velocity'))];
  };
  const decayed = optimizer.weightDecay === 0 ? value(WEIGHTS) : mul(value(WEIGHTS), wide('decay'));
  const round = REGISTERS.flatMap((offset) => [
    ...written.flatMap((name) => takes(name, load(address(name), offset))),
    ...takes(GRADIENT, load(address(GRADIENT), offset)),
    ...(masked ? takes(GRADIENT, mul(value(GRADIENT), load(address(MASK), offset))) : []),
    ...(clipped ? takes(GRADIENT, mul(value(GRADIENT), wide('share'))) : []),
    ...change().flat(),
    ...takes(WEIGHTS, sub(decayed, mul(value('change'), wide('rate')))),
    ...(averaged ? takes(AVERAGE, add(mul(value(AVERAGE), wide('kept')), mul(value(WEIGHTS), wide('new')))) : []),
    ...written.flatMap((name) => store(address(name), offset, value(name))),
  ]);
  const body = [
    ...scalars.flatMap((name) => set(locals.at(`wide ${name}`), F32X4.splat(get(locals.at(name))))),
    ...untilReached(locals.at(WEIGHTS), locals.at('end'), [
      ...round,
      ...addresses.flatMap((name) => advance(locals.at(name), ROUND)),
    ]),
  ];
  return { addresses, scalars, code: locals.function(addresses.length + 1 + scalars.length, [], body) };
}

/** The gradient that a step goes by, ahead of its clipping. */
const gradientAt = (locals: Locals, masked: boolean, offset: number): Code => {
  const gradient = load(get(locals.at(GRADIENT, 'i32')), offset);
  return masked ? F32X4.mul(gradient, load(get(locals.at(MASK, 'i32')), offset)) : gradient;
};

const readers = (masked: boolean) => [GRADIENT, ...(masked ? [MASK] : [])];

/** The largest absolute value of the gradient; infinite or no number where an element is. */
export function largestKernel(masked: boolean): Kernel {
  const addresses = readers(masked);
  const locals = new Locals();
  for (const name of [...addresses, 'end']) locals.at(name, 'i32');
  const largest = locals.at('largest');
  // Without their signs floats are ordered as the integers of their bits are, what is no number above infinity.
  const round = REGISTERS.flatMap((offset) =>
    set(largest, I32X4.max(get(largest), F32X4.abs(gradientAt(locals, masked, offset)))),
  );
  const lanes = [0, 1, 2, 3].map((lane) => F32X4.lane(get(largest), lane));
  const body = [
    ...untilReached(locals.at(GRADIENT), locals.at('end'), [
      ...round,
      ...addresses.flatMap((name) => advance(locals.at(name), ROUND)),
    ]),
    ...lanes.reduce((all, lane) => F32.max(all, lane)),
  ];
  return { addresses, scalars: [], code: locals.function(addresses.length + 1, ['f32'], body) };
}

/** The sum of the gradient's squares, in doubles. */
export function squaresKernel(masked: boolean): Kernel {
  const addresses = readers(masked);
  const locals = new Locals();
  for (const name of [...addresses, 'end']) locals.at(name, 'i32');
  const [sum, floats, doubles] = ['sum', 'floats', 'doubles'].map((name) => locals.at(name)) as [
    number,
    number,
    number,
  ];
  const half = (x: Code) => [
    ...set(doubles, F32X4.promoteLow(x)),
    ...set(sum, F64X2.add(get(sum), F64X2.mul(get(doubles), get(doubles)))),
  ];
  const round = REGISTERS.flatMap((offset) => [
    ...set(floats, gradientAt(locals, masked, offset)),
    ...half(get(floats)),
    ...half(F32X4.upper(get(floats))),
  ]);
  const body = [
    ...untilReached(locals.at(GRADIENT), locals.at('end'), [
      ...round,
      ...addresses.flatMap((name) => advance(locals.at(name), ROUND)),
    ]),
    ...F64.add(F64X2.lane(get(sum), 0), F64X2.lane(get(sum), 1)),
  ];
  return { addresses, scalars: [], code: locals.function(addresses.length + 1, ['f64'], body) };
}

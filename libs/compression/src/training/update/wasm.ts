/** Instructions of WebAssembly, as the bytes that encode them. */
export type Code = readonly number[];

/** What parameters, locals and results may be. */
export type ValueType = 'i32' | 'f32' | 'f64' | 'v128';

const TYPES: Record<ValueType, number> = { i32: 0x7f, f32: 0x7d, f64: 0x7c, v128: 0x7b };

/** Unsigned LEB128. */
function unsigned(value: number): number[] {
  const bytes: number[] = [];
  for (let rest = value; ; rest >>>= 7) {
    if (rest < 0x80) return [...bytes, rest];
    bytes.push((rest & 0x7f) | 0x80);
  }
}

/** Signed LEB128. */
function signed(value: number): number[] {
  const bytes: number[] = [];
  for (let rest = value; ; rest >>= 7) {
    if (rest >= -0x40 && rest < 0x40) return [...bytes, rest & 0x7f];
    bytes.push((rest & 0x7f) | 0x80);
  }
}

const simd = (op: number): Code => [0xfd, ...unsigned(op)];

/** Operators on what other instructions leave, each of the code that gives its operands. */
const unary = (op: Code) => (x: Code) => [...x, ...op];
const binary = (op: Code) => (x: Code, y: Code) => [...x, ...y, ...op];

/** Four floats at a time. */
export const F32X4 = {
  splat: unary(simd(0x13)),
  abs: unary(simd(0xe0)),
  sqrt: unary(simd(0xe3)),
  add: binary(simd(0xe4)),
  sub: binary(simd(0xe5)),
  mul: binary(simd(0xe6)),
  div: binary(simd(0xe7)),
  lane: (x: Code, lane: number): Code => [...x, ...simd(0x1f), lane],
  /** The lower two of them as doubles. */
  promoteLow: unary(simd(0x5f)),
  /** Its upper two in the place of the lower ones. */
  upper: (x: Code): Code => [
    ...x,
    ...x,
    ...simd(0x0d),
    ...[8, 9, 10, 11, 12, 13, 14, 15, 8, 9, 10, 11, 12, 13, 14, 15],
  ],
} as const;

export const I32X4 = { max: binary(simd(0xb8)) } as const;

export const F64X2 = {
  add: binary(simd(0xf0)),
  mul: binary(simd(0xf2)),
  lane: (x: Code, lane: number): Code => [...x, ...simd(0x21), lane],
} as const;

export const F32 = { max: binary([0x97]) } as const;
export const F64 = { add: binary([0xa0]) } as const;

export const get = (local: number): Code => [0x20, ...unsigned(local)];
export const set = (local: number, x: Code): Code => [...x, 0x21, ...unsigned(local)];

/** Four floats at an address and so many bytes behind it. */
export const load = (address: Code, offset: number): Code => [...address, ...simd(0x00), 2, ...unsigned(offset)];
export const store = (address: Code, offset: number, x: Code): Code => [
  ...address,
  ...x,
  ...simd(0x0b),
  2,
  ...unsigned(offset),
];

/** Moves an address on. */
export const advance = (local: number, bytes: number): Code =>
  set(local, [...get(local), 0x41, ...signed(bytes), 0x6a]);

/** Runs `body` again and again until the address has reached the end; once at least. */
export const untilReached = (address: number, end: number, body: Code): Code => [
  0x03,
  0x40,
  ...body,
  ...get(address),
  ...get(end),
  0x49,
  0x0d,
  0,
  0x0b,
];

/** A function: its parameters are the first locals. */
export interface WasmFunction {
  parameters: readonly ValueType[];
  locals: readonly ValueType[];
  results: readonly ValueType[];
  body: Code;
}

/** Memory that functions work on, and that others read and write as an array. */
export interface WasmMemory {
  readonly buffer: ArrayBuffer;
}

/** What is used of the engine's interface, which the types of Node.js leave out. */
declare const WebAssembly: {
  Memory: new (descriptor: { initial: number; maximum: number }) => WasmMemory;
  Module: new (bytes: Uint8Array<ArrayBuffer>) => object;
  Instance: new (
    module: object,
    imports: { env: { memory: WasmMemory } },
  ) => { exports: Readonly<Record<string, (...values: number[]) => number>> };
};

export const PAGE_BYTES = 2 ** 16;

/** Memory of a fixed size. */
export const wasmMemory = (bytes: number): WasmMemory => {
  const pages = Math.ceil(bytes / PAGE_BYTES);
  return new WebAssembly.Memory({ initial: pages, maximum: pages });
};

/** Compiles functions over a memory. */
export function wasmFunctions(
  functions: Readonly<Record<string, WasmFunction>>,
  memory: WasmMemory,
): Readonly<Record<string, (...values: number[]) => number>> {
  return new WebAssembly.Instance(new WebAssembly.Module(encoded(functions)), { env: { memory } }).exports;
}

/** The module that exports functions by their names and imports `env.memory`. */
function encoded(functions: Readonly<Record<string, WasmFunction>>): Uint8Array<ArrayBuffer> {
  const all = Object.values(functions);
  const types = all.map(({ parameters, results }) => [
    0x60,
    ...vector(parameters.map((type) => [TYPES[type]])),
    ...vector(results.map((type) => [TYPES[type]])),
  ]);
  const bodies = all.map(({ locals, body }) => {
    const code = [...vector(locals.map((type) => [1, TYPES[type]])), ...body, 0x0b];
    return [...unsigned(code.length), ...code];
  });
  const exported = Object.keys(functions).map((name, i) => [...text(name), 0x00, ...unsigned(i)]);
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, vector(types)),
    ...section(2, vector([[...text('env'), ...text('memory'), 0x02, 0x00, 0]])),
    ...section(3, vector(all.map((_, i) => unsigned(i)))),
    ...section(7, vector(exported)),
    ...section(10, vector(bodies)),
  ]);
}

const text = (value: string): number[] => [...unsigned(value.length), ...Buffer.from(value)];
const vector = (items: readonly Code[]): number[] => [...unsigned(items.length), ...items.flat()];
const section = (id: number, content: Code): number[] => [id, ...unsigned(content.length), ...content];

import { PAGE_BYTES, wasmMemory, type WasmMemory } from './wasm.js';

/** What WebAssembly can address, less the last page, so that no end of a vector wraps around to zero. */
const ADDRESSABLE = 2 ** 32 - PAGE_BYTES;
/** Floats of a vector that are brought in at a time where all of them do not fit: four of that length fit a cache. */
const STAGED = 8192;

/** Tells where a vector's part lies in the memory of the kernels, as a byte address. */
export type AddressOf = (vector: string) => number;

/**
 * Vectors of one length for kernels to work on: in the kernels' own memory, which the runtime reads and writes as it
 * stands. Longer ones than that can address stay outside, and are brought in part by part.
 */
export class FlatVectors {
  readonly memory: WasmMemory;
  private readonly byName: ReadonlyMap<string, Float32Array>;
  private readonly isStaged: boolean;

  /** `size` is a multiple of 16; `addressable` is there for tests. */
  constructor(
    private readonly names: readonly string[],
    size: number,
    addressable = ADDRESSABLE,
  ) {
    this.isStaged = 4 * size * names.length > addressable;
    const length = this.isStaged ? STAGED : size;
    this.memory = wasmMemory(4 * length * names.length);
    const inMemory = (i: number) => new Float32Array(this.memory.buffer, 4 * length * i, length);
    this.byName = new Map(names.map((name, i) => [name, this.isStaged ? new Float32Array(size) : inMemory(i)]));
  }

  get(name: string): Float32Array {
    const vector = this.byName.get(name);
    if (!vector) throw new RangeError(`there is no vector "${name}"`);
    return vector;
  }

  /** Lets kernels work on the elements `from` up to `to`, in one part or several. */
  visit(from: number, to: number, work: (addressOf: AddressOf, bytes: number) => void): void {
    if (!this.isStaged) return work((name) => this.get(name).byteOffset + 4 * from, 4 * (to - from));
    const stage = new Map(
      this.names.map((name, i) => [name, new Float32Array(this.memory.buffer, 4 * STAGED * i, STAGED)]),
    );
    for (let at = from; at < to; at += STAGED) {
      const end = Math.min(to, at + STAGED);
      for (const [name, part] of stage) part.set(this.get(name).subarray(at, end));
      work((name) => stage.get(name)!.byteOffset, 4 * (end - at));
      for (const [name, part] of stage) this.get(name).set(part.subarray(0, end - at), at);
    }
  }
}

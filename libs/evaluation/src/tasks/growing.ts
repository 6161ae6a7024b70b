/** Numbers of samples that come in batches, in a typed array that doubles as it fills. */
export class Growing<A extends Float32Array | Float64Array | Int32Array | Int8Array> {
  private length = 0;

  constructor(private array: A) {}

  append(values: ArrayLike<number>): void {
    this.reserve(values.length);
    this.array.set(values, this.length);
    this.length += values.length;
  }

  push(value: number): void {
    this.reserve(1);
    this.array[this.length++] = value;
  }

  get values(): A {
    return this.array.subarray(0, this.length) as A;
  }

  private reserve(more: number): void {
    if (this.length + more <= this.array.length) return;
    const grown = new (this.array.constructor as new (length: number) => A)(
      Math.max(this.length + more, 2 * this.array.length, 64),
    );
    grown.set(this.values);
    this.array = grown;
  }
}

export const growingFloats = (): Growing<Float32Array> => new Growing(new Float32Array(0));
export const growingInts = (): Growing<Int32Array> => new Growing(new Int32Array(0));
export const growingDoubles = (): Growing<Float64Array> => new Growing(new Float64Array(0));

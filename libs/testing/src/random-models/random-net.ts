import { DataType, GraphBuilder, elementCount, floatTensor, makeTensor, type Attributes } from '#onnx';
import type { Dice } from './dice.js';

/** A value under construction and its dimensions without the batch. */
export interface NetFeature {
  value: string;
  dims: readonly number[];
}

/** What a graph is written for. */
export interface NetTarget {
  opset: number;
  /** The samples that the model fixes, or null for any number. */
  batch: number | null;
}

/**
 * Writes random nodes for one opset: weights that may be shared, kept in Constant nodes or computed, and operators as
 * that opset spells them.
 */
export class RandomNet {
  readonly builder = new GraphBuilder('v');
  private readonly weights = new Map<string, string[]>();
  /** What the free batch is called; exporters leave it unnamed at times. */
  readonly freeName: string;

  constructor(
    readonly dice: Dice,
    readonly target: NetTarget,
  ) {
    this.freeName = dice.chance(0.8) ? 'N' : dice.pick(['', 'unk__0', 'batch size', 'x']);
  }

  get opset(): number {
    return this.target.opset;
  }

  op(opType: string, inputs: readonly string[], attributes: Attributes = {}): string {
    return this.builder.op(opType, inputs, attributes);
  }

  /** A weight of the scale that keeps activations in range; now and then one that another layer has already. */
  weight(dims: readonly number[], fanIn: number): string {
    const scale = Math.sqrt(1 / fanIn);
    const wild = this.dice.chance(0.06) ? 10 ** this.dice.int(-4, 3) : 1;
    const draw = () => this.dice.normal(scale) * (this.dice.chance(0.02) ? wild : 1);
    return this.shared('w', dims, 0.12, draw);
  }

  bias(length: number): string {
    return this.shared('b', [length], 0.3, () => this.dice.normal(0.2));
  }

  /** Positive numbers near one: scales and variances. */
  positive(dims: readonly number[]): string {
    return this.shared('p', dims, 0.3, () => 0.5 + Math.abs(this.dice.normal(0.5)));
  }

  /** Constants of integers: an initializer or a Constant node. */
  ints(values: number | readonly number[], type: DataType.INT64 | DataType.INT32 = DataType.INT64): string {
    const list = typeof values === 'number' ? [values] : values;
    const data = type === DataType.INT64 ? BigInt64Array.from(list, BigInt) : Int32Array.from(list);
    const dims = typeof values === 'number' ? [] : [list.length];
    const tensor = makeTensor(this.builder.fresh('i'), type, dims, data);
    return this.dice.chance(0.3) ? this.constantNode(tensor) : this.builder.initializer(tensor);
  }

  scalar(value: number): string {
    return this.builder.initializer(floatTensor(this.builder.fresh('k'), [], [value]));
  }

  /**
   * Dimensions with the batch in front, as a Reshape takes them: copied, inferred, or spelled out where it is fixed.
   */
  batched(dims: readonly number[]): number[] {
    const { batch } = this.target;
    return [batch !== null && this.dice.chance(0.5) ? batch : this.dice.chance(0.5) ? 0 : -1, ...dims];
  }

  private shared(kind: string, dims: readonly number[], reuse: number, draw: () => number): string {
    const key = `${kind}${dims.join()}`;
    const known = this.weights.get(key) ?? [];
    if (known.length > 0 && this.dice.chance(reuse)) return this.dice.pick(known);
    const fresh = this.builder.fresh(kind);
    const values = Float32Array.from({ length: elementCount(dims) }, draw);
    const name = this.store(kind, floatTensor(fresh, dims, values));
    this.weights.set(key, [...known, name]);
    return name;
  }

  private store(kind: string, tensor: ReturnType<typeof floatTensor>): string {
    if (this.dice.chance(0.15)) return this.constantNode(tensor);
    const name = this.builder.initializer(tensor);
    // A variance that were computed from weights would be drawn anew with them.
    if (kind === 'p') return name;
    if (this.dice.chance(0.06)) return this.op('Identity', [name]);
    return this.dice.chance(0.04) ? this.op('Mul', [name, this.scalar(1.25)]) : name;
  }

  private constantNode(tensor: ReturnType<typeof floatTensor>): string {
    return this.builder.op('Constant', [], { value: tensor }, { outputs: [tensor.name] });
  }
}

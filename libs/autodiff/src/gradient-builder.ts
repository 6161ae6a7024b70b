import {
  DataType,
  int64Tensor,
  makeTensor,
  tensorToNumbers,
  type Attributes,
  type GraphBuilder,
  type TensorProto,
  type Shapes,
  elementOf,
} from '#onnx';
import { UnknownShapeError } from './errors.js';

/**
 * Domain of the operators on the runtime's internal blocked layout: channels lie in blocks of 8 or 16, depending on the
 * CPU. It is undocumented; whoever enables it probes the runtime first.
 */
export const BLOCKED_DOMAIN = 'com.microsoft.nchwc';

/** Element types that gradients are computed in; double serves the gradient checker. */
export type FloatType = DataType.FLOAT | DataType.DOUBLE;

/**
 * What a gradient rule writes with: short forms of the operators that gradients are made of, constants of the graph's
 * float type (each stored once), and the observed shapes of the forward graph.
 */
export class GradientBuilder {
  private readonly constants = new Map<string, string>();

  constructor(
    readonly graph: GraphBuilder,
    private readonly shapes: Shapes,
    private readonly findConstant: (value: string) => TensorProto | undefined,
    readonly elemType: FloatType = DataType.FLOAT,
    /** Channels of a block of the runtime's blocked layout, where it may be used; 0 where it may not. */
    readonly block = 0,
    /** Shapes of the values that rules and the walker wrote, as far as they told. */
    private readonly written = new Map<string, readonly number[]>(),
  ) {}

  /** Tells the shape of a written value, and returns it. */
  note(value: string, dims: readonly number[]): string {
    this.written.set(value, dims);
    return value;
  }

  /** The observed shape of a forward value. Throws UnknownShapeError. */
  dims(value: string): readonly number[] {
    const dims = this.shapes.get(value);
    if (!dims) throw new UnknownShapeError(value);
    return dims;
  }

  /** A constant input as the graph stores it, or undefined when it is computed or absent. */
  constant(value: string): TensorProto | undefined {
    return value === '' ? undefined : this.findConstant(value);
  }

  /** The numbers of a constant input such as axes or pads, or undefined when it is computed or absent. */
  numbers(value: string): number[] | undefined {
    const tensor = this.constant(value);
    return tensor && tensorToNumbers(tensor);
  }

  op(opType: string, inputs: readonly string[], attributes: Attributes = {}, domain?: string): string {
    return this.graph.op(opType, inputs, attributes, domain ? { domain } : {});
  }

  /** A scalar constant. */
  scalar(value: number): string {
    return this.tensor([value], []);
  }

  /** A constant tensor of the graph's float type. */
  tensor(values: ArrayLike<number>, dims: readonly number[]): string {
    const isDouble = this.elemType === DataType.DOUBLE;
    const floats = () => (isDouble ? Float64Array.from(values) : Float32Array.from(values));
    const make = (name: string) => makeTensor(name, this.elemType, dims, floats());
    return this.cached(values.length <= 16 ? `f${Array.from(values)}:${dims}` : null, make);
  }

  /** An int64 vector constant. */
  ints(values: readonly number[]): string {
    return this.cached(`i${values}`, (name) => int64Tensor(name, [values.length], values));
  }

  add = (a: string, b: string) => this.op('Add', [a, b]);
  sub = (a: string, b: string) => this.op('Sub', [a, b]);
  mul = (a: string, b: string) => this.op('Mul', [a, b]);
  div = (a: string, b: string) => this.op('Div', [a, b]);
  neg = (a: string) => this.op('Neg', [a]);
  square = (a: string) => this.op('Mul', [a, a]);

  /** Multiplies by a number; by one costs nothing. */
  scale(a: string, factor: number): string {
    return factor === 1 ? a : this.mul(a, this.scalar(factor));
  }

  /** The first value where the condition holds, the second elsewhere. */
  where(condition: string, value: string, otherwise: string): string {
    return this.op('Where', [condition, value, otherwise]);
  }

  /** 1 where the condition holds and 0 elsewhere. */
  mask(condition: string): string {
    return this.op('Cast', [condition], { to: this.elemType });
  }

  reshape(a: string, dims: readonly number[]): string {
    return this.op('Reshape', [a, this.ints(dims)]);
  }

  transpose(a: string, perm: readonly number[]): string {
    return perm.every((axis, i) => axis === i) ? a : this.op('Transpose', [a], { perm });
  }

  expand(a: string, dims: readonly number[]): string {
    return this.op('Expand', [a, this.ints(dims)]);
  }

  sum(a: string, axes: readonly number[], keepdims = false): string {
    return this.reduced('ReduceSum', a, axes, keepdims);
  }

  mean(a: string, axes: readonly number[], keepdims = false): string {
    return this.reduced('ReduceMean', a, axes, keepdims);
  }

  slice(
    a: string,
    starts: readonly number[],
    ends: readonly number[],
    axes: readonly number[],
    steps = axes.map(() => 1),
  ): string {
    const [from, to] = [this.ints(starts), this.ints(ends)];
    return this.op('Slice', [a, from, to, this.ints(axes), this.ints(steps)]);
  }

  concat(parts: readonly string[], axis: number): string {
    return parts.length === 1 ? elementOf(parts, 0, 'parts') : this.op('Concat', parts, { axis });
  }

  /** The value in blocks of channels, as the runtime lays them out. */
  toBlocks(a: string): string {
    return this.op('ReorderInput', [a], {}, BLOCKED_DOMAIN);
  }

  /** A value in blocks as it lies elsewhere, of so many channels. */
  fromBlocks(a: string, channels: number): string {
    return this.op('ReorderOutput', [a], { channels }, BLOCKED_DOMAIN);
  }

  /** Zeros before and after each axis: begins, then ends, as ONNX Pad has them; a negative number cuts off. */
  pad(a: string, pads: readonly number[]): string {
    return pads.every((pad) => pad === 0) ? a : this.op('Pad', [a, this.ints(pads)]);
  }

  /**
   * a · b over the last two axes, without transposing in memory where the runtime has a kernel for it: `transA` and
   * `transB` are the ranks of operands that stand transposed.
   */
  matmul(a: string, b: string, { transA = 0, transB = 0 }: { transA?: number; transB?: number }): string {
    const flags = { transA: Math.sign(transA), transB: Math.sign(transB) };
    if (this.elemType === DataType.FLOAT) return this.op('FusedMatMul', [a, b], flags, 'com.microsoft');
    const turned = (value: string, rank: number) => (rank > 0 ? this.transpose(value, swapLast(rank)) : value);
    return this.op('MatMul', [turned(a, transA), turned(b, transB)]);
  }

  /** a · bᵀ over the last two of `rank` axes. */
  matmulTransposed(a: string, b: string, rank: number): string {
    return this.matmul(a, b, { transB: rank });
  }

  /** Sums a value of shape `from` over the axes along which an input of shape `to` was broadcast. */
  sumTo(a: string, from: readonly number[], to: readonly number[]): string {
    const lead = from.length - to.length;
    const isBroadcast = (axis: number) => to[axis - lead] === 1 && from[axis] !== 1;
    const axes = [...from.keys()].filter((axis) => axis < lead || isBroadcast(axis));
    const summed = this.sum(a, axes, true);
    return lead > 0 ? this.reshape(summed, to) : summed;
  }

  private reduced(opType: string, a: string, axes: readonly number[], keepdims: boolean): string {
    return axes.length === 0 ? a : this.op(opType, [a, this.ints(axes)], { keepdims: Number(keepdims) });
  }

  private cached(key: string | null, make: (name: string) => TensorProto): string {
    const known = key === null ? undefined : this.constants.get(key);
    if (known !== undefined) return known;
    const name = this.graph.initializer(make(this.graph.fresh('k')));
    if (key !== null) this.constants.set(key, name);
    return name;
  }
}

/** The permutation that swaps the last two of `rank` axes. */
export function swapLast(rank: number): number[] {
  const leading = Array.from({ length: rank - 2 }, (_, axis) => axis);
  return [...leading, rank - 1, rank - 2];
}

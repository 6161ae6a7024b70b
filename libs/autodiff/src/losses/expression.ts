import type { Attributes } from '#onnx';

/** What an expression is joined with: another, whose shape broadcasts, or a number. */
export type Operand = Expression | number;

/** Writes the nodes that expressions stand for. */
export interface ExpressionWriter {
  /** One node over expressions and axes; `dims` is the shape of what it gives. */
  write(node: ExpressionNode, dims: readonly number[]): Expression;
  number(value: number): Expression;
}

/** A node as an expression asks for it. */
export interface ExpressionNode {
  opType: string;
  inputs: readonly Expression[];
  /** An int64 input behind the others. */
  axes?: readonly number[];
  attributes?: Attributes;
}

/**
 * A value of a loss, which the engine differentiates: `z.minus(t).square().mean()`. Every method writes a node and
 * returns what it gives; shapes are known throughout.
 */
export class Expression {
  constructor(
    private readonly writer: ExpressionWriter,
    /** Of the value in the graph. */
    readonly name: string,
    readonly dims: readonly number[],
  ) {}

  /** Elements. */
  get count(): number {
    return this.dims.reduce((product, dim) => product * dim, 1);
  }

  plus(other: Operand): Expression {
    return this.joined('Add', other);
  }

  minus(other: Operand): Expression {
    return this.joined('Sub', other);
  }

  /** Times one costs nothing. */
  times(other: Operand): Expression {
    return other === 1 ? this : this.joined('Mul', other);
  }

  over(other: Operand): Expression {
    return this.joined('Div', other);
  }

  /** As a power, whose gradient is one product. */
  square(): Expression {
    return this.power(2);
  }

  power(exponent: Operand): Expression {
    return this.joined('Pow', exponent);
  }

  /** The gradient at zero is zero. */
  root(): Expression {
    return this.mapped('Sqrt');
  }

  log(): Expression {
    return this.mapped('Log');
  }

  abs(): Expression {
    return this.mapped('Abs');
  }

  /** Over the last axis. */
  softmax(): Expression {
    return this.mapped('Softmax', { axis: -1 });
  }

  /** Over the last axis. */
  logSoftmax(): Expression {
    return this.mapped('LogSoftmax', { axis: -1 });
  }

  /** Over all axes unless told otherwise; `keep` leaves them as ones. */
  sum(axes?: readonly number[], keep = false): Expression {
    return this.reduced('ReduceSum', axes, keep);
  }

  /** Over all axes unless told otherwise; `keep` leaves them as ones. */
  mean(axes?: readonly number[], keep = false): Expression {
    return this.reduced('ReduceMean', axes, keep);
  }

  private mapped(opType: string, attributes?: Attributes): Expression {
    return this.writer.write({ opType, inputs: [this], ...(attributes && { attributes }) }, this.dims);
  }

  private joined(opType: string, operand: Operand): Expression {
    const other = typeof operand === 'number' ? this.writer.number(operand) : operand;
    return this.writer.write({ opType, inputs: [this, other] }, broadcast(this.dims, other.dims));
  }

  private reduced(opType: string, axes: readonly number[] = [...this.dims.keys()], keep = false): Expression {
    if (axes.length === 0) return this;
    const kept = this.dims.map((dim, axis) => (axes.includes(axis) ? 1 : dim));
    const dims = keep ? kept : this.dims.filter((_, axis) => !axes.includes(axis));
    return this.writer.write({ opType, inputs: [this], axes, attributes: { keepdims: Number(keep) } }, dims);
  }
}

/** The shape that two shapes broadcast to. */
function broadcast(a: readonly number[], b: readonly number[]): number[] {
  const rank = Math.max(a.length, b.length);
  const at = (dims: readonly number[], axis: number) => dims[axis - (rank - dims.length)] ?? 1;
  const larger = (axis: number) => (at(a, axis) === 1 ? at(b, axis) : at(a, axis));
  return Array.from({ length: rank }, (_, axis) => larger(axis));
}

import { DataType, Graph, GraphBuilder, int64Tensor, makeNode, makeTensor, type TensorProto } from '#onnx';
import type { GradientBuilder } from '../gradient-builder.js';
import { addGradients } from '../gradients.js';
import { TRAINING_DOMAIN } from '../training-ops.js';
import { Expression, type ExpressionNode, type ExpressionWriter } from './expression.js';

/** A loss whose gradient is known without the engine: its value as a scalar and its gradient by what it reads. */
export interface ClosedForm {
  value: string;
  gradient: string;
}

/** A loss written into a graph. */
export interface WrittenLoss {
  /** What is minimized, a scalar. */
  total: Expression;
  /** What the report shows, scalars by name. */
  terms: Record<string, Expression>;
}

/** A loss that the report shows as `loss`, and nothing beside it. */
export function lossOf(total: Expression): WrittenLoss {
  return { total, terms: { loss: total } };
}

/**
 * Writes a loss into a training graph and keeps a record of it, from which {@link gradients} differentiates it by the
 * rules of the engine.
 */
export class LossBuilder implements ExpressionWriter {
  /** The loss alone, as rules read it. */
  private readonly record = new GraphBuilder();
  private readonly dims = new Map<string, readonly number[]>();
  private readonly read = new Set<string>();
  private readonly numbers = new Map<number, Expression>();

  /** `g` writes into the training graph, and knows the shapes of its values. */
  constructor(readonly g: GradientBuilder) {}

  /** A value of the graph, through which the gradient flows back. Throws UnknownShapeError. */
  value(name: string): Expression {
    this.read.add(name);
    return this.given(name);
  }

  /** A value that is as it is, such as a teacher's answer or a label: nothing flows back. */
  given(name: string, dims: readonly number[] = this.g.dims(name)): Expression {
    return this.expression(name, dims);
  }

  number(value: number): Expression {
    const known = this.numbers.get(value) ?? this.constant([value], []);
    this.numbers.set(value, known);
    return known;
  }

  constant(values: ArrayLike<number>, dims: readonly number[]): Expression {
    const { elemType } = this.g;
    const data = elemType === DataType.DOUBLE ? Float64Array.from(values) : Float32Array.from(values);
    const tensor = makeTensor(this.g.graph.fresh('k'), elemType, dims, data);
    return this.expression(this.stored(tensor), dims);
  }

  write({ opType, inputs, axes, attributes = {} }: ExpressionNode, dims: readonly number[]): Expression {
    const behind = axes ? [this.stored(int64Tensor(this.g.graph.fresh('k'), [axes.length], axes))] : [];
    const names = [...inputs.map(({ name }) => name), ...behind];
    const output = this.g.graph.fresh(opType);
    this.g.graph.append(makeNode(opType, names, [output], attributes));
    this.record.append(makeNode(opType, names, [output], attributes));
    return this.expression(output, dims);
  }

  /** A scalar of x whose gradient is written out: for the losses that are faster so, as measured. */
  closed(x: Expression, { value, gradient }: ClosedForm): Expression {
    this.given(gradient, x.dims);
    this.record.append(makeNode('ClosedForm', [x.name, gradient], [value], {}, { domain: TRAINING_DOMAIN }));
    return this.expression(value, []);
  }

  /** The gradient of the total by each value of the graph that it depends on. Throws MissingGradientError. */
  gradients(total: Expression): Map<string, string> {
    return addGradients({
      graph: new Graph(this.record.build()),
      builder: this.g.graph,
      shapes: this.dims,
      seeds: new Map([[total.name, this.number(1).name]]),
      targets: [...this.read],
      elemType: this.g.elemType,
    });
  }

  private expression(name: string, dims: readonly number[]): Expression {
    this.dims.set(name, dims);
    return new Expression(this, name, dims);
  }

  private stored(tensor: TensorProto): string {
    this.dims.set(tensor.name, tensor.dims.map(Number));
    this.record.initializer(tensor);
    return this.g.graph.initializer(tensor);
  }
}

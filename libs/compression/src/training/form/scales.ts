import {
  floatTensor,
  int64Tensor,
  makeNode,
  ownName,
  tensorDims,
  tensorToFloats,
  type Graph,
  type NodeProto,
  type TensorProto,
} from '#onnx';
import type { Trainable, Trained } from './trainable.js';

/**
 * The scales of a training form's grids: constants, or learned with the weights (LSQ, Esser et al. 2020). A learned
 * scale is s = s₀ · exp t, and t is what is trained, from 0: it stays positive, and a step of Adam changes every scale
 * by the same share, however small the scale.
 */
export class Scales {
  private readonly factors = new Map<string, Trainable>();
  private readonly written = new Map<string, string>();
  /** As the model stores them: the training graph loses what it no longer reads. */
  private readonly tensors = new Map<string, TensorProto>();

  constructor(
    private readonly graph: Graph,
    private readonly isLearned: boolean,
    /** Scales that stay all the same. */
    private readonly frozen: ReadonlySet<string> = new Set(),
  ) {}

  /** One per scale tensor that was asked for; none where scales are constants. */
  get trainables(): Trainable[] {
    return [...this.factors.values()];
  }

  /** A value of the training graph that holds the scales of an initializer in the given shape. */
  value(name: string, shape: readonly number[], before: NodeProto): string {
    const key = `${name}:${shape}`;
    const known = this.written.get(key);
    if (known !== undefined) return known;
    const tensor = floatTensor(this.graph.freshName(`${name}/start`), shape, this.stored(name));
    const start = this.graph.addInitializer(tensor).name;
    const value = this.isLearned && !this.frozen.has(name) ? this.grown(name, start, shape, before) : start;
    this.written.set(key, value);
    return value;
  }

  /** Scales of an initializer after training. */
  trained(name: string, trained: Trained): Float32Array {
    const exponents = trained.get(exponentOf(name));
    const scales = this.stored(name);
    if (!exponents) return scales;
    return scales.map((scale, i) => Math.fround(scale * Math.fround(Math.exp(exponents[i]!))));
  }

  private grown(name: string, start: string, shape: readonly number[], before: NodeProto): string {
    const exponent = exponentOf(name);
    if (!this.factors.has(name)) {
      const values = new Float32Array(this.stored(name).length);
      this.graph.addInitializer(floatTensor(exponent, [values.length], values));
      const stored = (_: Float32Array, trained: Trained) => [
        floatTensor(name, tensorDims(this.tensor(name)), this.trained(name, trained)),
      ];
      this.factors.set(name, {
        name: exponent,
        dims: [values.length],
        values,
        bits: 32,
        isMatrix: false,
        readings: [],
        stored,
      });
    }
    const node = (opType: string, inputs: string[]) => {
      const output = this.graph.freshName(`${name}/${opType}`);
      this.graph.addNode(makeNode(opType, inputs, [output]), { before });
      return output;
    };
    const shapeTensor = int64Tensor(this.graph.freshName(`${name}/dims`), [shape.length], shape);
    const target = this.graph.addInitializer(shapeTensor).name;
    return node('Mul', [start, node('Reshape', [node('Exp', [exponent]), target])]);
  }

  private stored(name: string): Float32Array {
    return tensorToFloats(this.tensor(name));
  }

  private tensor(name: string): TensorProto {
    const tensor = this.tensors.get(name) ?? this.graph.initializer(name)!;
    this.tensors.set(name, tensor);
    return tensor;
  }
}

function exponentOf(name: string): string {
  return ownName(`${name}/exponent`);
}

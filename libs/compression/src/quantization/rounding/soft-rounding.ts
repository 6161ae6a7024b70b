import { buildGradientStep, type Expression, type LossBuilder } from '#autodiff';
import { float32, type HostTensors } from '#inference';
import { DataType, floatTensor, Graph, GraphBuilder } from '#onnx';
import { observeTrainingShapes } from '../../training/observe.js';
import { Trainer } from '../../training/trainer.js';
import { adam } from '../../training/update/optimizer.js';
import type { ProductShape } from '../layers/patches.js';

/**
 * A product on its grid, each weight between its two neighbouring levels: arrays in the order [groups, size, columns].
 */
export interface SoftProduct extends ProductShape {
  /** The level at or below each weight, in steps of the grid. */
  floors: Float32Array;
  /** One per output, [groups, 1, columns], or one per weight, [groups, size, columns]. */
  scales: Float32Array;
  lowest: number;
  limit: number;
  /** Added to the product ahead of a Relu, [groups, 1, columns]; null where the objective is the bare product. */
  rectified: Float32Array | null;
  /** Divides the mean squared error, so that the pull to the ends has the same strength in every layer. */
  errorUnit: number;
}

/** Stretch of the rectified sigmoid: it reaches 0 and 1 at finite variables (Louizos et al. 2018). */
const [GAMMA, ZETA] = [-0.1, 1.1];

const VARIABLE = 'variable';
const SHARE = 'share';
const OUTPUT = 'output';
const [INPUTS, TARGETS, SHARPNESS, PULL] = ['inputs', 'targets', 'sharpness', 'pull'];

/** The variable at which h(v) = clip(sigmoid(v) · (ζ − γ) + γ, 0, 1) is the given share. */
export function variableOf(share: number): number {
  return -Math.log((ZETA - GAMMA) / (share - GAMMA) - 1);
}

/** h(v): how far above its floor a weight is rounded, 0..1. */
export function shareOf(variable: number): number {
  return Math.min(1, Math.max(0, (ZETA - GAMMA) / (1 + Math.exp(-variable)) + GAMMA));
}

/** What one step of the rounding learns from: rows [batch, groups · size] and [batch, groups · columns]. */
export interface RoundingBatch {
  inputs: Float32Array;
  targets: Float32Array;
  /** β of the regularizer 1 − |2h − 1|^β, and its weight. */
  sharpness: number;
  pull: number;
}

/** The gradient steps of AdaRound (Nagel et al. 2020, equations 21 to 24) for one layer, on the training engine. */
export class SoftRounding {
  private constructor(
    private readonly product: SoftProduct,
    private readonly trainer: Trainer,
    private readonly batch: number,
  ) {}

  /** Weights whose `mask` is 0 keep the share they start with. */
  static async create(
    product: SoftProduct,
    start: { variables: Float32Array; mask: Float32Array },
    batch: number,
    threads: number,
  ): Promise<SoftRounding> {
    const graph = forwardGraph(product, start.variables, batch);
    const shapes = await observeTrainingShapes(graph, {
      [INPUTS]: float32(
        [batch, product.groups * product.size],
        new Float32Array(batch * product.groups * product.size),
      ),
    });
    const step = buildGradientStep({
      graph,
      shapes,
      parameters: [VARIABLE],
      extraInputs: [TARGETS, SHARPNESS, PULL].map((name) => ({
        name,
        dims: name === TARGETS ? [batch, product.groups * product.columns] : [],
        type: DataType.FLOAT,
      })),
      loss: (l) => {
        const [error, pull] = [reconstruction(l, product, batch), regularizer(l)];
        return { total: error.plus(pull), terms: { reconstruction: error, regularizer: pull } };
      },
    });
    const trainer = await Trainer.create(
      step,
      {
        weights: step.layout.pack(new Map([[VARIABLE, start.variables]])),
        mask: step.layout.pack(new Map([[VARIABLE, start.mask]])),
        optimizer: adam(),
      },
      threads,
    );
    return new SoftRounding(product, trainer, batch);
  }

  async learn({ inputs, targets, sharpness, pull }: RoundingBatch, learningRate: number): Promise<void> {
    const feeds: HostTensors = {
      [INPUTS]: float32([this.batch, this.product.groups * this.product.size], inputs),
      [TARGETS]: float32([this.batch, this.product.groups * this.product.columns], targets),
      [SHARPNESS]: float32([], [sharpness]),
      [PULL]: float32([], [pull]),
    };
    await this.trainer.run(feeds, learningRate);
  }

  /** The variables so far. */
  get variables(): Float32Array {
    return this.trainer.layout.unpack(this.trainer.currentWeights).get(VARIABLE)!;
  }

  async release(): Promise<void> {
    await this.trainer.release();
  }
}

/** inputs · scale · clip(floor + h(variable)), and Relu where the layer has one. */
function forwardGraph(
  { groups, size, columns, floors, scales, lowest, limit, rectified }: SoftProduct,
  variables: Float32Array,
  batch: number,
): Graph {
  const b = new GraphBuilder('soft');
  const dims = [groups, size, columns];
  const x = b.op(
    'Transpose',
    [b.op('Reshape', [b.input(INPUTS, [batch, groups * size]), b.ints([batch, groups, size])])],
    { perm: [1, 0, 2] },
  );
  b.initializer(floatTensor(VARIABLE, dims, variables));
  const stretched = b.op('Add', [b.op('Mul', [b.op('Sigmoid', [VARIABLE]), b.float(ZETA - GAMMA)]), b.float(GAMMA)]);
  const share = b.op('Clip', [stretched, b.float(0), b.float(1)], {}, { outputs: [SHARE] });
  const level = b.op('Clip', [b.op('Add', [b.float(floors, dims), share]), b.float(lowest), b.float(limit)]);
  const weights = b.op('Mul', [level, b.float(scales, scales.length === floors.length ? dims : [groups, 1, columns])]);
  const product = groups === 1 ? flatProduct(b, x, weights, batch, size, columns) : b.op('MatMul', [x, weights]);
  if (rectified)
    b.op('Relu', [b.op('Add', [product, b.float(rectified, [groups, 1, columns])])], {}, { outputs: [OUTPUT] });
  else b.op('Mul', [product, b.float(1)], {}, { outputs: [OUTPUT] });
  b.output(OUTPUT, [groups, batch, columns]);
  return new Graph(b.build());
}

/** One group is a plain matrix product, which has the faster gradient. */
function flatProduct(
  b: GraphBuilder,
  x: string,
  weights: string,
  batch: number,
  size: number,
  columns: number,
): string {
  const product = b.op('MatMul', [
    b.op('Reshape', [x, b.ints([batch, size])]),
    b.op('Reshape', [weights, b.ints([size, columns])]),
  ]);
  return b.op('Reshape', [product, b.ints([1, batch, columns])]);
}

/** ‖Y − Ŷ‖² per row over the unit. */
function reconstruction(l: LossBuilder, { groups, columns, errorUnit }: SoftProduct, batch: number): Expression {
  const targets = l.g.transpose(l.g.reshape(TARGETS, [batch, groups, columns]), [1, 0, 2]);
  const difference = l.value(OUTPUT).minus(l.given(targets, [groups, batch, columns]));
  return difference
    .square()
    .sum()
    .times(1 / (batch * errorUnit));
}

/** pull · Σ 1 − |2h − 1|^β. */
function regularizer(l: LossBuilder): Expression {
  const distance = l.value(SHARE).times(2).minus(1).abs();
  return l
    .number(1)
    .minus(distance.power(l.given(SHARPNESS)))
    .sum()
    .times(l.given(PULL));
}

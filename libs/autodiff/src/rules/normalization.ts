import { floatAttribute, intAttribute, dimOf } from '#onnx';
import type { GradientBuilder } from '../gradient-builder.js';
import type { GradientRule } from '../rule.js';
import { layerStatistics } from '../training-ops.js';
import { once } from './once.js';
import { product } from './window.js';

export type NormalizationOp =
  | 'BatchNormalization'
  | 'LayerNormalization'
  | 'InstanceNormalization'
  | 'GroupNormalization';

export const NORMALIZATION_RULES: Record<NormalizationOp, GradientRule> = {
  BatchNormalization: ({ node, g, x: [x, scale, , mean, variance], dY }) => {
    const dims = g.dims(x);
    const axes = [...dims.keys()].filter((axis) => axis !== 1);
    const channels = channelDims(dims);
    const epsilon = floatAttribute(node, 'epsilon', 1e-5);
    const frozen = intAttribute(node, 'training_mode', 0) === 0;
    const column = (value: string) => g.reshape(value, channels);
    const normal = frozen ? given(g, x, column(mean), column(variance), epsilon) : standardized(g, x, axes, epsilon);
    const scaled = () => g.mul(dY, column(scale));
    const statistic = (factor: number, by: string) => g.scale(g.sum(g.mul(scaled(), by), axes), factor);
    return [
      // Frozen: dX = dY · scale / σ
      () =>
        frozen ? g.mul(dY, g.mul(column(scale), normal().inverse)) : standardizedGradient(g, normal(), scaled(), axes),
      () => g.sum(g.mul(dY, normal().value), axes),
      () => g.sum(dY, axes),
      // Statistics that follow from weights: dMean = -Σ dY · scale / σ, dVariance = -½ Σ dY · scale · x̂ / σ²
      ...(frozen
        ? [
            () => statistic(-1, normal().inverse),
            () => statistic(-0.5, g.mul(normal().value, g.square(normal().inverse))),
          ]
        : [null, null]),
    ];
  },
  LayerNormalization: ({ node, g, x: [x, scale, bias], dY }) => {
    const dims = g.dims(x);
    const parts = once(() => layerParts(g, x, dY, layerStatistics(node)));
    const axis = positive(intAttribute(node, 'axis', -1), dims.length);
    return [
      () => layerGradient(g, { ...parts(), scale, dims, axis }),
      () => g.sumTo(parts().along, dims, g.dims(scale)),
      () => g.sumTo(dY, dims, g.dims(bias)),
    ];
  },
  InstanceNormalization: ({ node, g, x: [x, scale], dY }) => {
    const dims = g.dims(x);
    const axes = [...dims.keys()].slice(2);
    const normal = standardized(g, x, axes, floatAttribute(node, 'epsilon', 1e-5));
    const others = [...dims.keys()].filter((axis) => axis !== 1);
    const scaled = () => g.mul(dY, g.reshape(scale, channelDims(dims)));
    return [
      () => standardizedGradient(g, normal(), scaled(), axes),
      () => g.sum(g.mul(dY, normal().value), others),
      () => g.sum(dY, others),
    ];
  },
  // The input seen as [N, groups, the rest]; scale and bias are per channel.
  GroupNormalization: ({ node, g, x: [x, scale], dY }) => {
    const dims = g.dims(x);
    const groups = intAttribute(node, 'num_groups', 1);
    const folded = [dimOf(dims, 0), groups, product(dims.slice(1)) / groups];
    const normal = standardized(g, g.reshape(x, folded), [2], floatAttribute(node, 'epsilon', 1e-5));
    const others = [...dims.keys()].filter((axis) => axis !== 1);
    return [
      () => {
        const scaled = g.mul(dY, g.reshape(scale, channelDims(dims)));
        return g.reshape(standardizedGradient(g, normal(), g.reshape(scaled, folded), [2]), dims);
      },
      () => g.sum(g.mul(dY, g.reshape(normal().value, dims)), others),
      () => g.sum(dY, others),
    ];
  },
};

/** Dims that spread a value per channel over [N, C, …]. */
function channelDims(dims: readonly number[]): number[] {
  return [1, dimOf(dims, 1), ...dims.slice(2).map(() => 1)];
}
interface Standardized {
  /** (x - mean) / σ */
  value: string;
  /** 1 / σ */
  inverse: string;
}

/** Statistics of the batch itself, written once however many gradients ask for them. */
function standardized(g: GradientBuilder, x: string, axes: readonly number[], epsilon: number): () => Standardized {
  return once(() => {
    const centered = g.sub(x, g.mean(x, axes, true));
    const inverse = inverseDeviation(g, g.mean(g.square(centered), axes, true), epsilon);
    return { value: g.mul(centered, inverse), inverse };
  });
}

interface LayerParts {
  /** x - mean */
  centered: string;
  /** 1 / σ */
  inverse: string;
  /** dY / σ */
  scaled: string;
  /** dY · x̂ */
  along: string;
}

function layerParts(
  g: GradientBuilder,
  x: string,
  dY: string,
  { mean, inverse }: { mean: string; inverse: string },
): LayerParts {
  const centered = g.sub(x, mean);
  const scaled = g.mul(dY, inverse);
  return { centered, inverse, scaled, along: g.mul(scaled, centered) };
}

/**
 * dX = d - mean d - (x - mean) · k / σ², d = scale · dY / σ, with the means k of scale · dY · x̂, which are products
 * with the vector scale.
 */
function layerGradient(
  g: GradientBuilder,
  {
    centered,
    inverse,
    scaled,
    along,
    scale,
    dims,
    axis,
  }: LayerParts & { scale: string; dims: readonly number[]; axis: number },
): string {
  const normalized = dims.slice(axis);
  const size = product(normalized);
  const whole = product(g.dims(scale)) === size ? scale : g.expand(scale, normalized);
  const weights = g.scale(g.reshape(whole, [size, 1]), 1 / size);
  const isVector = normalized.length === 1;
  const rows = isVector ? along : g.reshape(along, [product(dims) / size, size]);
  const means = g.op('MatMul', [rows, weights]);
  const k = isVector ? means : g.reshape(means, [...dims.slice(0, axis), ...normalized.map(() => 1)]);
  const d = g.mul(scaled, scale);
  const axes = [...normalized.keys()].map((i) => axis + i);
  const fromMean = g.sub(d, g.mean(d, axes, true));
  return g.sub(fromMean, g.mul(centered, g.mul(k, g.square(inverse))));
}

function given(g: GradientBuilder, x: string, mean: string, variance: string, epsilon: number): () => Standardized {
  return once(() => {
    const inverse = inverseDeviation(g, variance, epsilon);
    return { value: g.mul(g.sub(x, mean), inverse), inverse };
  });
}

/** dX = (d - mean d - x̂ · mean(d · x̂)) / σ */
function standardizedGradient(
  g: GradientBuilder,
  { value, inverse }: Standardized,
  d: string,
  axes: readonly number[],
): string {
  const along = g.mul(value, g.mean(g.mul(d, value), axes, true));
  const fromMean = g.sub(d, g.mean(d, axes, true));
  return g.mul(g.sub(fromMean, along), inverse);
}

function inverseDeviation(g: GradientBuilder, variance: string, epsilon: number): string {
  const deviation = g.op('Sqrt', [g.add(variance, g.scalar(epsilon))]);
  return g.op('Reciprocal', [deviation]);
}

/** An axis counted from the front. */
export function positive(axis: number, rank: number): number {
  return axis < 0 ? axis + rank : axis;
}

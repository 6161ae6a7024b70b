import { DataType, intAttribute, type NodeProto } from '#onnx';
import type { GradientRule } from '../rule.js';
import { TRAINING_DOMAIN } from '../training-ops.js';
import { ATTENTION_RULES, type AttentionOp } from './attention.js';
import { CLOSED_FORM_RULES, type ClosedFormOp } from './closed-form.js';
import { COL2IM_RULES, type Col2ImOp } from './col2im.js';
import { CONVOLUTION_RULES, type ConvolutionOp } from './convolution.js';
import { EINSUM_RULES, type EinsumOp } from './einsum.js';
import { BROADCASTING_RULES, UNARY_RULES, type BroadcastingOp, type UnaryOp } from './elementwise.js';
import { GRID_SAMPLE_RULES, type GridSampleOp } from './grid-sample.js';
import { INDEXING_RULES, type IndexingOp } from './indexing.js';
import { MATMUL_RULES, type MatmulOp } from './matmul.js';
import { NORMALIZATION_RULES, type NormalizationOp } from './normalization.js';
import { POOLING_RULES, type PoolingOp } from './pooling.js';
import { QUANTIZATION_RULES, type QuantizationOp } from './quantization.js';
import { RECURRENT_RULES, type RecurrentOp } from './recurrent/index.js';
import { REDUCTION_RULES, type ReductionOp } from './reduction.js';
import { SHAPE_RULES, type ShapeOp } from './shape.js';
import { TRIGONOMETRY_RULES, type HyperbolicOp, type TrigonometricOp } from './trigonometry.js';
import { VECTOR_NORM_RULES, type VectorNormOp } from './vector-norms.js';

/** Every operator that a gradient can pass; a member without a rule does not compile. */
export type DifferentiableOp =
  | BroadcastingOp
  | UnaryOp
  | AttentionOp
  | VectorNormOp
  | ClosedFormOp
  | Col2ImOp
  | EinsumOp
  | GridSampleOp
  | HyperbolicOp
  | IndexingOp
  | RecurrentOp
  | TrigonometricOp
  | ConvolutionOp
  | MatmulOp
  | NormalizationOp
  | PoolingOp
  | QuantizationOp
  | ReductionOp
  | ShapeOp;

export const RULES: { readonly [Op in DifferentiableOp]: GradientRule } = {
  ...BROADCASTING_RULES,
  ...UNARY_RULES,
  ...ATTENTION_RULES,
  ...VECTOR_NORM_RULES,
  ...CLOSED_FORM_RULES,
  ...COL2IM_RULES,
  ...EINSUM_RULES,
  ...GRID_SAMPLE_RULES,
  ...INDEXING_RULES,
  ...RECURRENT_RULES,
  ...TRIGONOMETRY_RULES,
  ...CONVOLUTION_RULES,
  ...MATMUL_RULES,
  ...NORMALIZATION_RULES,
  ...POOLING_RULES,
  ...QUANTIZATION_RULES,
  ...REDUCTION_RULES,
  ...SHAPE_RULES,
};

/** Operators whose rules return gradients of the output's shape. */
export const BROADCASTING: ReadonlySet<string> = new Set(Object.keys(BROADCASTING_RULES));

/** Operators whose rules heed the gradients of all outputs, not of the first alone. */
export const SEVERAL_OUTPUTS: ReadonlySet<string> = new Set(['Split', ...Object.keys(RECURRENT_RULES)]);

/** Outputs that hold no floats, by position: what is computed from them alone moves with no weight. */
export const WHOLE_OUTPUTS: Readonly<Record<string, readonly number[]>> = {
  TopK: [1],
  MaxPool: [1],
  Dropout: [1],
};

/** Operators that are flat almost everywhere or yield no floats: a path ends at them, and rightly so. */
const ZERO_GRADIENT: ReadonlySet<string> = new Set([
  'Shape',
  'Size',
  'ConstantOfShape',
  'Range',
  'EyeLike',
  'OneHot',
  'NonZero',
  'ArgMax',
  'ArgMin',
  'Equal',
  'Greater',
  'GreaterOrEqual',
  'Less',
  'LessOrEqual',
  'And',
  'Or',
  'Xor',
  'Not',
  'IsNaN',
  'IsInf',
  'Sign',
  'Round',
  'Floor',
  'Ceil',
  'RandomNormalLike',
  'RandomUniformLike',
  'Bernoulli',
  'RandomNormal',
  'RandomUniform',
  'Multinomial',
  'Hardmax',
  'NonMaxSuppression',
]);

const FLOAT_TYPES: ReadonlySet<number> = new Set([
  DataType.FLOAT,
  DataType.DOUBLE,
  DataType.FLOAT16,
  DataType.BFLOAT16,
]);

/** Whether the node's gradient is zero by its nature, as against an operator that only lacks a rule. */
export function hasZeroGradient(node: NodeProto): boolean {
  if (ZERO_GRADIENT.has(node.opType)) return true;
  return node.opType === 'Cast' && !FLOAT_TYPES.has(intAttribute(node, 'to', DataType.FLOAT));
}

/** Domains whose operators mean what the standard's mean. */
const KNOWN_DOMAINS: ReadonlySet<string> = new Set(['', 'ai.onnx', TRAINING_DOMAIN]);

export function findRule(node: NodeProto): GradientRule | undefined {
  return KNOWN_DOMAINS.has(node.domain) && Object.hasOwn(RULES, node.opType)
    ? RULES[node.opType as DifferentiableOp]
    : undefined;
}

import { dimOf, elementCount, floatAttribute, intAttribute } from '#onnx';
import { swapLast, type GradientBuilder } from '../gradient-builder.js';
import type { GradientRule, RuleContext } from '../rule.js';

export type MatmulOp = 'MatMul' | 'Gemm';

export const MATMUL_RULES: Record<MatmulOp, GradientRule> = {
  MatMul: (context) => {
    const {
      g,
      x: [a, b],
    } = context;
    if (g.dims(b).length === 2 && g.dims(a).length >= 2) return foldedMatmul(context);
    if (g.dims(a).length < 2 || g.dims(b).length < 2) return vectorMatmul(context);
    return batchedMatmul(context);
  },
  Gemm: (context) => {
    const {
      node,
      g,
      x: [a, b, c],
      y: [y],
      dY,
    } = context;
    const [alpha, beta] = [floatAttribute(node, 'alpha', 1), floatAttribute(node, 'beta', 1)];
    const [transA, transB] = [intAttribute(node, 'transA', 0), intAttribute(node, 'transB', 0)];
    const scaled = (left: string, right: string, attributes: { transA: number; transB: number }) =>
      g.op('Gemm', [left, right], alpha === 1 ? attributes : { ...attributes, alpha });
    return [
      // dA = dY · Bᵀ, or its transpose B · dYᵀ
      () => (transA ? scaled(b, dY, { transA: transB, transB: 1 }) : scaled(dY, b, { transA: 0, transB: 1 - transB })),
      // dB = Aᵀ · dY, or its transpose dYᵀ · A
      () => {
        if (transA) return transB ? scaled(dY, a, { transA: 1, transB: 1 }) : scaled(a, dY, { transA: 0, transB: 0 });
        const [rows, inner, columns] = [dimOf(g.dims(y), 0), dimOf(g.dims(a), 1), dimOf(g.dims(y), 1)];
        return transB
          ? weightProduct(g, dY, a, [rows, columns, inner], alpha)
          : weightProduct(g, a, dY, [rows, inner, columns], alpha);
      },
      () => g.sumTo(g.scale(dY, beta), g.dims(y), g.dims(c)),
    ];
  },
};

/** Columns of a product that the runtime's kernel computes at a time. */
const BLOCK_COLUMNS = 128;

/**
 * leftᵀ · right of two matrices, [rows, height] and [rows, width]. The runtime's kernel gathers a transposed left operand
 * anew for each block of columns, a quarter of the time where there are many of them and few rows; it is then
 * transposed ahead, in a shape that the runtime does not fuse into the product again.
 */
function weightProduct(
  g: GradientBuilder,
  left: string,
  right: string,
  [rows, height, width]: readonly [number, number, number],
  alpha = 1,
): string {
  const scaling = alpha === 1 ? {} : { alpha };
  if (width <= 2 * BLOCK_COLUMNS || rows > width) return g.op('Gemm', [left, right], { transA: 1, ...scaling });
  const turned = g.transpose(g.reshape(left, [1, rows, height]), [0, 2, 1]);
  return g.op('Gemm', [g.reshape(turned, [height, rows]), right], scaling);
}

/** A stack of rows times one matrix: the batch folds into the rows, so that dB is one product and needs no sum. */
function foldedMatmul({ g, x: [a, b], dY }: RuleContext) {
  const [inner, columns] = g.dims(b) as [number, number];
  const rows = elementCount(g.dims(a).slice(0, -1));
  return [
    () => g.matmul(dY, b, { transB: 2 }),
    () => {
      const [left, right] = [g.reshape(a, [rows, inner]), g.reshape(dY, [rows, columns])];
      return weightProduct(g, left, right, [rows, inner, columns]);
    },
  ];
}

function batchedMatmul({ g, x: [a, b], y: [y], dY }: RuleContext) {
  const batch = g.dims(y).slice(0, -2);
  const full = (value: string) => [...batch, ...g.dims(value).slice(-2)];
  return [
    () => g.sumTo(g.matmul(dY, b, { transB: g.dims(b).length }), full(a), g.dims(a)),
    () => g.sumTo(g.matmul(a, dY, { transA: g.dims(a).length }), full(b), g.dims(b)),
  ];
}

/** A vector is a matrix of one row (left) or one column (right). */
function vectorMatmul({ g, x: [a, b], y: [y], dY }: RuleContext) {
  const [ownA, ownB, result] = [g.dims(a), g.dims(b), g.dims(y)];
  const dimsA = ownA.length === 1 ? [1, ...ownA] : ownA;
  const dimsB = ownB.length === 1 ? [...ownB, 1] : ownB;
  const matrixAxes = Number(ownA.length > 1) + Number(ownB.length > 1);
  const batch = result.slice(0, result.length - matrixAxes);
  const [rows, columns] = [dimOf(dimsA, dimsA.length - 2), dimOf(dimsB, dimsB.length - 1)];
  const gradient = g.reshape(dY, [...batch, rows, columns]);
  const matrix = (value: string, dims: readonly number[], transposed: boolean) => {
    const reshaped = g.reshape(value, dims);
    return transposed ? g.transpose(reshaped, swapLast(dims.length)) : reshaped;
  };
  return [
    () => {
      const full = g.op('MatMul', [gradient, matrix(b, dimsB, true)]);
      return g.reshape(g.sumTo(full, [...batch, ...dimsA.slice(-2)], dimsA), ownA);
    },
    () => {
      const full = g.op('MatMul', [matrix(a, dimsA, true), gradient]);
      return g.reshape(g.sumTo(full, [...batch, ...dimsB.slice(-2)], dimsB), ownB);
    },
  ];
}

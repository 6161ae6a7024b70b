import { DataType, intAttribute, integerLimits, type NodeProto } from '#onnx';
import { UnsupportedGradientError, nameOf } from '../errors.js';
import type { GradientBuilder } from '../gradient-builder.js';
import type { GradientRule } from '../rule.js';

export type QuantizationOp = 'QuantizeLinear' | 'DequantizeLinear' | 'FakeQuantize';

/**
 * Rounding passes gradients straight through, except where the value was cut off at an end of the grid (Bengio et al.
 * 2013).
 */
export const QUANTIZATION_RULES: Record<QuantizationOp, GradientRule> = {
  // y = clip(round(x / s) + z): dX = dY / s inside the grid
  QuantizeLinear: ({ node, g, x: [x, scale, zeroPoint], dY }) => [
    () => {
      const along = (value: string) => alongAxis(node, g, value, g.dims(x).length);
      const s = along(scale);
      const [low, high] = integerLimits(gridType(node, g, zeroPoint));
      const scaled = g.div(x, s);
      const position = zeroPoint === '' ? scaled : g.add(scaled, g.mask(along(zeroPoint)));
      const isAbove = g.op('GreaterOrEqual', [position, g.scalar(low - 0.5)]);
      const isBelow = g.op('LessOrEqual', [position, g.scalar(high + 0.5)]);
      const inside = g.op('And', [isAbove, isBelow]);
      return g.div(g.mul(dY, g.mask(inside)), s);
    },
  ],
  // y = (x - z) · s: dX = dY · s
  DequantizeLinear: ({ node, g, x: [x, scale], dY }) => [() => g.mul(dY, alongAxis(node, g, scale, g.dims(x).length))],
  // y = s · c, c = clip(r), r = round(x / s): dX = dY · [r = c]; dS = Σ dY · (c - x/s · [r = c]) (Esser et al. 2020,
  // LSQ)
  FakeQuantize: ({ g, x: [x, scale], y: [, rounded, clipped], dY }) => {
    const inside = () => g.mask(g.op('Equal', [rounded, clipped]));
    return [
      () => g.mul(dY, inside()),
      () => {
        const position = g.div(x, scale);
        const slope = g.sub(clipped, g.mul(position, inside()));
        return g.sumTo(g.mul(dY, slope), g.dims(x), g.dims(scale));
      },
    ];
  },
};

/** A per-channel vector shaped to broadcast along its axis; a scalar as it is. */
function alongAxis(node: NodeProto, g: GradientBuilder, value: string, rank: number): string {
  if (intAttribute(node, 'block_size', 0) > 0)
    throw new UnsupportedGradientError(nameOf(node), 'scales in blocks have no gradient');
  if ((g.constant(value)?.dims ?? g.dims(value)).length === 0) return value;
  const axis = intAttribute(node, 'axis', 1);
  const at = axis < 0 ? axis + rank : axis;
  const dims = Array.from({ length: rank }, (_, i) => (i === at ? -1 : 1));
  return g.reshape(value, dims);
}

function gridType(node: NodeProto, g: GradientBuilder, zeroPoint: string): DataType {
  if (zeroPoint === '') return intAttribute(node, 'output_dtype', 0) || DataType.UINT8;
  const tensor = g.constant(zeroPoint);
  if (!tensor)
    throw new UnsupportedGradientError(
      nameOf(node),
      'its zero point is computed while the graph runs; it must be constant',
    );
  return tensor.dataType;
}

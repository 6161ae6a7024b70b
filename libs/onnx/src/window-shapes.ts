import { elementOf } from './accessors.js';
import { intAttribute, intsAttribute, stringAttribute } from './attributes.js';
import type { NodeProto } from './proto.js';
import type { KnownShapes, Shape } from './shape-rule.js';

/** How a window slides over spatial dims; what the node leaves out has its default. */
function windowOf(node: NodeProto, spatial: Shape): { strides: number[]; dilations: number[]; pads: number[] } {
  const ones = spatial.map(() => 1);
  const none = spatial.flatMap(() => [0, 0]);
  return {
    strides: intsAttribute(node, 'strides', ones),
    dilations: intsAttribute(node, 'dilations', ones),
    pads: intsAttribute(node, 'pads', none),
  };
}

/** Output sizes of a sliding window over spatial dims (ONNX Conv and pool specs). */
export function windowed(node: NodeProto, spatial: Shape, kernel: Shape): number[] {
  const { strides, dilations, pads } = windowOf(node, spatial);
  const autoPad = stringAttribute(node, 'auto_pad', 'NOTSET');
  const isCeiled = intAttribute(node, 'ceil_mode', 0) === 1;
  return spatial.map((dim, i) => {
    if (autoPad.startsWith('SAME')) return Math.ceil(dim / elementOf(strides, i, 'strides'));
    const padding = autoPad === 'VALID' ? 0 : elementOf(pads, i, 'pads') + elementOf(pads, i + spatial.length, 'pads');
    const stride = elementOf(strides, i, 'strides');
    const covered = elementOf(dilations, i, 'dilations') * (kernel[i]! - 1) + 1;
    const steps = (dim + padding - covered) / stride;
    if (!isCeiled) return Math.floor(steps) + 1;
    // A last window that would begin in the padding at the end is left out.
    const windows = Math.ceil(steps) + 1;
    const begin = autoPad === 'VALID' ? 0 : elementOf(pads, i, 'pads');
    return (windows - 1) * stride >= dim + begin ? windows - 1 : windows;
  });
}

/** Output shape of a convolution whose weight is the given value. */
export function convShape(node: NodeProto, known: KnownShapes, weight: string | undefined): Shape | undefined {
  const [x, w] = [known.shape(node.input[0]), known.shape(weight)];
  return x && w && [x[0]!, w[0]!, ...windowed(node, x.slice(2), w.slice(2))];
}

/** Output shape of ConvTranspose (ONNX spec). */
export function convTransposeShape(node: NodeProto, known: KnownShapes): Shape | undefined {
  const [x, w] = [known.shape(node.input[0]), known.shape(node.input[1])];
  if (!x || !w) return undefined;
  const spatial = x.slice(2);
  const { strides, dilations, pads } = windowOf(node, spatial);
  const none = spatial.map(() => 0);
  const extra = intsAttribute(node, 'output_padding', none);
  const declared = intsAttribute(node, 'output_shape');
  const same = stringAttribute(node, 'auto_pad', 'NOTSET').startsWith('SAME');
  const sizes = spatial.map((dim, i) =>
    same
      ? dim * elementOf(strides, i, 'strides')
      : elementOf(strides, i, 'strides') * (dim - 1) +
        elementOf(extra, i, 'extra') +
        (w[i + 2]! - 1) * elementOf(dilations, i, 'dilations') +
        1 -
        elementOf(pads, i, 'pads') -
        elementOf(pads, i + spatial.length, 'pads'),
  );
  const spatialDims = declared.length > 0 ? declared.slice(-spatial.length) : sizes;
  return [x[0]!, w[1]! * intAttribute(node, 'group', 1), ...spatialDims];
}

import { makeNode, type GraphBuilder, type NodeProto } from '#onnx';

/** Domain of operators that exist only between a graph and its training form; they are written out in standard operators. */
export const TRAINING_DOMAIN = 'coldpress.training';

/**
 * x on the grid `scale` · {low … high}, kept in floats: `FakeQuantize(x, scale, low, high) -> y, rounded, clipped`. `scale` is
 * shaped to broadcast; low and high are scalars relative to the zero point.
 */
export function fakeQuantize(x: string, scale: string, low: string, high: string, y: string, name = ''): NodeProto {
  return makeNode('FakeQuantize', [x, scale, low, high], [y, `${y}/rounded`, `${y}/clipped`], {}, { name, domain: TRAINING_DOMAIN });
}

/** Writes a forward node into a training graph, operators of {@link TRAINING_DOMAIN} as the standard operators they stand for. */
export function appendForward(builder: GraphBuilder, node: NodeProto): void {
  if (node.domain !== TRAINING_DOMAIN) {
    builder.append(node);
    return;
  }
  const [x, scale, low, high] = node.input as [string, string, string, string];
  const [y, rounded, clipped] = node.output as [string, string, string];
  // Spelled out, so that the runtime does not take it for a quantized graph and fuse what gradients need.
  builder.op('Round', [builder.op('Div', [x, scale])], {}, { outputs: [rounded] });
  builder.op('Clip', [rounded, low, high], {}, { outputs: [clipped] });
  builder.op('Mul', [clipped, scale], {}, { outputs: [y] });
}

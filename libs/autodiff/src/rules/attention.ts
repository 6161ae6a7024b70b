import { floatAttribute, intAttribute, dimOf } from '#onnx';
import { UnsupportedGradientError, nameOf } from '../errors.js';
import type { GradientBuilder } from '../gradient-builder.js';
import type { GradientRule, RuleContext } from '../rule.js';
import { attentionProbabilities, givesProbabilities } from '../training-ops.js';
import { once } from './once.js';

export type AttentionOp = 'Attention' | 'RotaryEmbedding';

/** The operators of attention that came with opset 23. */
export const ATTENTION_RULES: Record<AttentionOp, GradientRule> = {
  // y = P V, P = softmax S, S = scale · Q Kᵀ + mask:
  // dV = Pᵀ dY, dS = P · (dP - Σ P · dP), dP = dY Vᵀ, dQ = scale · dS K, dK = scale · dSᵀ Q
  Attention: (context) => {
    const {
      node,
      g,
      x: [q, k, v, mask],
    } = context;
    const parts = once(() => attentionParts(context));
    const scaled = (value: string) => g.scale(value, parts().scale);
    return [
      () => fromHeads(g, scaled(g.matmul(parts().dS, parts().k, {})), g.dims(q), parts().heads, 1),
      () => {
        const { dS, heads, shared } = parts();
        return fromHeads(g, scaled(g.matmul(dS, parts().q, { transA: 4 })), g.dims(k), heads, shared);
      },
      () => {
        const { dY, heads, shared } = parts();
        const dV = g.matmul(attentionProbabilities(node), dY, { transA: 4 });
        return fromHeads(g, dV, g.dims(v), heads, shared);
      },
      () => g.sumTo(parts().dS, parts().scoreDims, g.dims(mask)),
    ];
  },
  // A rotation, whose transpose turns the other way.
  RotaryEmbedding: ({ node, g, x: [, cosine, sine, positions], dY }) => [
    () =>
      g.op('RotaryEmbedding', [dY, cosine, g.neg(sine), ...(positions === '' ? [] : [positions])], {
        interleaved: intAttribute(node, 'interleaved', 0),
        num_heads: intAttribute(node, 'num_heads', 0),
        rotary_embedding_dim: intAttribute(node, 'rotary_embedding_dim', 0),
      }),
  ],
};

interface AttentionParts {
  /** Queries, keys and gradient as [batch, heads, positions, width]; keys stand once for each head that reads them. */
  q: string;
  k: string;
  dY: string;
  /** Gradient of the scores, [batch, heads, queries, keys]. */
  dS: string;
  scoreDims: number[];
  scale: number;
  heads: number;
  /** How many heads read each of keys and values. */
  shared: number;
}

function attentionParts(context: RuleContext): AttentionParts {
  const {
    node,
    g,
    x: [queries, keys, values],
    y: [y],
    dY: gradient,
  } = context;
  const problem = attentionProblem(context);
  if (problem !== null) throw new UnsupportedGradientError(nameOf(node), problem);
  const isSplit = g.dims(queries).length === 4;
  const heads = isSplit ? dimOf(g.dims(queries), 1) : intAttribute(node, 'q_num_heads', 1);
  const keyHeads = isSplit ? dimOf(g.dims(keys), 1) : intAttribute(node, 'kv_num_heads', 1);
  const shared = heads / keyHeads;
  const [batch, , length, width] = headDims(g.dims(queries), heads);
  const [, , keyLength] = headDims(g.dims(keys), keyHeads);
  const dY = toHeads(g, gradient, g.dims(y), heads, 1);
  const dP = g.matmul(dY, toHeads(g, values, g.dims(values), keyHeads, shared), { transB: 4 });
  const p = attentionProbabilities(node);
  return {
    q: toHeads(g, queries, g.dims(queries), heads, 1),
    k: toHeads(g, keys, g.dims(keys), keyHeads, shared),
    dY,
    dS: g.mul(p, g.sub(dP, g.sum(g.mul(dP, p), [3], true))),
    scoreDims: [batch, heads, length, keyLength],
    scale: floatAttribute(node, 'scale', 1 / Math.sqrt(width)),
    heads,
    shared,
  };
}

function attentionProblem({ node, x }: RuleContext): string | null {
  if (x.slice(4).some((value) => value !== '')) return 'keys of earlier runs have no gradient rule';
  if (floatAttribute(node, 'softcap', 0) > 0) return 'capped scores have no gradient rule';
  return givesProbabilities(node) ? null : 'its fourth output gives scores; it must give probabilities';
}

type Dims = [number, number, number, number];

/** [batch, heads, positions, width] of a value that may hold its heads side by side. */
function headDims(dims: readonly number[], heads: number): Dims {
  if (dims.length === 4) return [...dims] as Dims;
  const [batch = 1, length = 1, all = 1] = dims;
  return [batch, heads, length, all / heads];
}

/** A value with its heads on an axis of their own, each as often as it is read. */
function toHeads(g: GradientBuilder, value: string, dims: readonly number[], heads: number, shared: number): string {
  const [batch, , length, width] = headDims(dims, heads);
  const split = dims.length === 4 ? value : g.transpose(g.reshape(value, [batch, length, heads, width]), [0, 2, 1, 3]);
  if (shared === 1) return split;
  const apart = g.reshape(split, [batch, heads, 1, length, width]);
  const read = g.expand(apart, [batch, heads, shared, length, width]);
  return g.reshape(read, [batch, heads * shared, length, width]);
}

/** Back from {@link toHeads}: readers of one head add up, and heads lie as `dims` has them. */
function fromHeads(
  g: GradientBuilder,
  gradient: string,
  dims: readonly number[],
  heads: number,
  shared: number,
): string {
  const [batch, own, length, width] = headDims(dims, heads / shared);
  const summed = shared === 1 ? gradient : g.sum(g.reshape(gradient, [batch, own, shared, length, width]), [2]);
  return dims.length === 4 ? summed : g.reshape(g.transpose(summed, [0, 2, 1, 3]), dims);
}

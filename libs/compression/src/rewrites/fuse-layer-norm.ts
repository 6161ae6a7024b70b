import {
  Float,
  intAttribute,
  intsAttribute,
  makeNode,
  staticShapes,
  tensorDims,
  tensorToNumbers,
  type Graph,
  type NodeProto,
  type Shape,
  inputOf,
  outputOf,
} from '#onnx';
import { besideValue, isFloatValue, isScalar, onlyReader, replaceBy, scalarOf } from './match.js';

/** The opset whose operators include LayerNormalization. */
export const LAYER_NORM_OPSET = 17;

/** A normalisation spelled in other operators, with gain and shift as initializers. */
export interface LayerNormMatch {
  input: string;
  gain: string;
  shift: string;
  epsilon: number;
  last: NodeProto;
}

/**
 * Normalisations over the last axis that exporters took apart (Ba et al. 2016):
 *
 *     ReduceMean(X) -> Sub(X, ·) -> D;  Pow(D, 2) -> ReduceMean -> Add(ε) -> Sqrt -> Div(D, ·) -> Mul(g) -> Add(b)
 *     is   LayerNormalization(X, g, b, axis = -1, epsilon = ε)
 *
 * The square may be D · D, and D may be computed twice. Gain and shift must be vectors of the axis.
 */
export function findLayerNorms(graph: Graph): LayerNormMatch[] {
  const shapes = staticShapes(graph);
  return graph.nodes.flatMap((node) => {
    const match = node.opType === 'Sqrt' ? matchAt(graph, node, shapes) : null;
    return match ? [match] : [];
  });
}

/** Puts a LayerNormalization in the place of each match; the model must declare opset 17. */
export function fuseLayerNorms(graph: Graph, matches: readonly LayerNormMatch[]): void {
  for (const { input, gain, shift, epsilon, last } of matches) {
    const output = graph.freshName(`${last.output[0]}_norm`);
    const name = graph.freshName(`${last.output[0]}_LayerNormalization`);
    const attributes = { axis: -1, epsilon: new Float(epsilon) };
    replaceBy(graph, last, makeNode('LayerNormalization', [input, gain, shift], [output], attributes, { name }));
  }
}

function matchAt(graph: Graph, sqrt: NodeProto, shapes: ReadonlyMap<string, Shape>): LayerNormMatch | null {
  const { variance, epsilon } = withoutEpsilon(graph, graph.producer(sqrt.input[0] ?? ''));
  const squares = Number.isNaN(epsilon) ? null : meanedBy(graph, variance, shapes);
  const centered = squares === null ? null : squareRootOf(graph, squares);
  const input = centered === null ? null : centeredOf(graph, centered, shapes);
  const divide = onlyReader(graph, sqrt);
  if (
    input === null ||
    divide?.opType !== 'Div' ||
    divide.input[1] !== sqrt.output[0] ||
    centeredOf(graph, inputOf(divide, 0), shapes) !== input
  )
    return null;
  const scaled = onlyReader(graph, divide);
  const shifted = scaled?.opType === 'Mul' ? onlyReader(graph, scaled) : undefined;
  const gain = scaled && besideValue(scaled, outputOf(divide));
  const shift = shifted?.opType === 'Add' ? besideValue(shifted, outputOf(scaled!)) : null;
  if (!isFloatValue(graph, input) || !gain || !shift || !isVector(graph, gain) || !isVector(graph, shift)) return null;
  return { input, gain, shift, epsilon, last: shifted! };
}

/** The two operands of the Add under the root: a variance and a constant. */
function withoutEpsilon(graph: Graph, add: NodeProto | undefined): { variance: string; epsilon: number } {
  const [left = '', right = ''] = add?.opType === 'Add' ? add.input : [];
  const [atLeft, atRight] = [scalarOf(graph, left), scalarOf(graph, right)];
  return atRight === null ? { variance: right, epsilon: atLeft ?? NaN } : { variance: left, epsilon: atRight };
}

/** What a ReduceMean over the last axis, dimensions kept, takes the mean of; null when the value is not one's. */
function meanedBy(graph: Graph, value: string, shapes: ReadonlyMap<string, Shape>): string | null {
  const node = graph.producer(value);
  if (node?.opType !== 'ReduceMean' || intAttribute(node, 'keepdims', 1) !== 1) return null;
  const given = node.input[1] ? graph.initializer(node.input[1]) : undefined;
  const [axis, ...more] = given ? tensorToNumbers(given) : intsAttribute(node, 'axes', []);
  const rank = shapes.get(node.input[0] ?? '')?.length;
  const isLast = more.length === 0 && (axis === -1 || (rank !== undefined && axis === rank - 1));
  return isLast ? inputOf(node, 0) : null;
}

/** D of Pow(D, 2) or Mul(D, D), else null. */
function squareRootOf(graph: Graph, value: string): string | null {
  const node = graph.producer(value);
  if (node?.opType === 'Pow' && isScalar(graph, node.input[1] ?? '', 2)) return inputOf(node, 0);
  return node?.opType === 'Mul' && node.input[0] === node.input[1] ? inputOf(node, 0) : null;
}

/** X of Sub(X, ReduceMean(X)), else null. */
function centeredOf(graph: Graph, value: string, shapes: ReadonlyMap<string, Shape>): string | null {
  const node = graph.producer(value);
  if (node?.opType !== 'Sub') return null;
  return meanedBy(graph, inputOf(node, 1), shapes) === node.input[0] ? inputOf(node, 0) : null;
}

function isVector(graph: Graph, value: string): boolean {
  const tensor = graph.initializer(value);
  return tensor !== undefined && tensorDims(tensor).length === 1;
}

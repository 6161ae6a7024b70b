import { makeNode, type Graph, type NodeProto, outputOf } from '#onnx';
import {
  besideScalar,
  besideValue,
  isFloatValue,
  isReadOnce,
  isScalar,
  onlyReader,
  replaceBy,
  scaledValue,
} from './match.js';

/** The opset whose operators include Gelu. */
export const GELU_OPSET = 20;

/**
 * A GELU spelled in other operators: its input, the node that gives its result, and which of the two formulas it is.
 */
export interface GeluMatch {
  input: string;
  last: NodeProto;
  approximate: 'none' | 'tanh';
}

/**
 * GELUs that exporters took apart (Hendrycks & Gimpel 2016), by their exact formula or its approximation:
 *
 *     Div(X, √2) -> Erf -> Add(1) -> Mul(X) -> Mul(½)
 *     is   Gelu(X)
 *     Pow(X, 3) -> Mul(0.044715) -> Add(X) -> Mul(√(2/π)) -> Tanh -> Add(1) -> Mul(X) -> Mul(½)
 *     is   Gelu(X, approximate = tanh)
 *
 * The three factors at the end may be multiplied in any order, a Div may be a Mul by the inverse, a power products.
 */
export function findGelus(graph: Graph): GeluMatch[] {
  return graph.nodes.flatMap((node) => {
    const input = GATES[node.opType]?.(graph, node) ?? null;
    const sum = input === null ? undefined : onlyReader(graph, node);
    const isGate = sum?.opType === 'Add' && besideScalar(graph, sum, 1) === node.output[0];
    const last = isGate ? productOf(graph, sum, input!) : null;
    if (!last || !isFloatValue(graph, input!)) return [];
    return [{ input: input!, last, approximate: node.opType === 'Tanh' ? 'tanh' : 'none' } as const];
  });
}

/** Puts a Gelu in the place of each match; the model must declare opset 20. */
export function fuseGelus(graph: Graph, matches: readonly GeluMatch[]): void {
  for (const { input, last, approximate } of matches) {
    const name = graph.freshName(`${last.output[0]}_Gelu`);
    const output = graph.freshName(`${last.output[0]}_gelu`);
    const attributes = approximate === 'tanh' ? { approximate } : {};
    replaceBy(graph, last, makeNode('Gelu', [input], [output], attributes, { name }));
  }
}

/** What X is when a node is the Erf or Tanh of a GELU of X, else null. */
const GATES: Record<string, (graph: Graph, node: NodeProto) => string | null> = {
  Erf: (graph, erf) => scaledValue(graph, graph.producer(erf.input[0] ?? ''), Math.SQRT1_2),
  Tanh: (graph, tanh) => {
    const inner = scaledValue(graph, graph.producer(tanh.input[0] ?? ''), Math.sqrt(2 / Math.PI));
    const sum = inner === null ? undefined : graph.producer(inner);
    if (sum?.opType !== 'Add') return null;
    const isCubeBeside = (other: string | null, value: string) => other !== value && isCubeTerm(graph, other!, value);
    return sum.input.find((value) => isCubeBeside(besideValue(sum, value), value)) ?? null;
  },
};

/** Whether a value is 0.044715 · x³. */
function isCubeTerm(graph: Graph, value: string, x: string): boolean {
  const term = graph.producer(value);
  const cube = term?.opType === 'Mul' ? graph.producer(besideScalar(graph, term, 0.044715) ?? '') : undefined;
  if (cube?.opType === 'Pow') return cube.input[0] === x && isScalar(graph, cube.input[1] ?? '', 3);
  const square = cube?.opType === 'Mul' ? graph.producer(besideValue(cube, x) ?? '') : undefined;
  return square?.opType === 'Mul' && square.input.every((factor) => factor === x);
}

/** The node that gives gate · X · ½, whatever the order of the factors; null when that is not what follows. */
function productOf(graph: Graph, gate: NodeProto, x: string): NodeProto | null {
  const first = onlyReader(graph, gate);
  if (!first) return null;
  const beside = first.opType === 'Mul' ? besideValue(first, outputOf(gate)) : null;
  if (beside !== null && scaledValue(graph, graph.producer(beside), 0.5) === x) return first;
  const second = isReadOnce(graph, first) ? onlyReader(graph, first) : undefined;
  if (!second) return null;
  if (beside === x) return scaledValue(graph, second, 0.5) === first.output[0] ? second : null;
  const isHalved = scaledValue(graph, first, 0.5) === gate.output[0];
  return isHalved && second.opType === 'Mul' && besideValue(second, outputOf(first)) === x ? second : null;
}

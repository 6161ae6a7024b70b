import { hasAttribute, intsAttribute } from './attributes.js';
import type { NodeProto } from './proto.js';
import { rules, type IntsRule, type Known } from './shape-rule.js';

/** Values of the small integer chains in which exporters compute shapes. */
export const INTS_RULES: Record<string, IntsRule> = {
  Shape: (node, known) => (hasAttribute(node, 'start') || hasAttribute(node, 'end') ? undefined : known.shape(node.input[0])),
  ...rules(['Cast', 'Identity', 'Unsqueeze', 'Squeeze', 'Reshape'], (node, known) => known.ints(node.input[0])),
  Concat: (node, known) => {
    const parts = node.input.map((value) => known.ints(value));
    return parts.every((part) => part !== undefined) ? parts.flat() : undefined;
  },
  Gather: (node, known) => {
    const [list, indices] = [known.ints(node.input[0]), known.ints(node.input[1])];
    return list && indices && known.shape(node.input[0])?.length === 1 ? indices.map((index) => list.at(index)!) : undefined;
  },
  Slice: (node, known) => {
    const list = known.ints(node.input[0]);
    const range = sliceRange(node, known);
    if (!list || range?.starts.length !== 1) return undefined;
    const { first, count, step } = slice(list.length, range.starts[0]!, range.ends[0]!, range.steps[0] ?? 1);
    return Array.from({ length: count }, (_, i) => list[first + i * step]!);
  },
  Mul: arithmetic((a, b) => a * b),
  Add: arithmetic((a, b) => a + b),
  Sub: arithmetic((a, b) => a - b),
  Div: arithmetic((a, b) => Math.trunc(a / b)),
};

function arithmetic(apply: (a: number, b: number) => number): IntsRule {
  return (node, known) => {
    const [a, b] = [known.ints(node.input[0]), known.ints(node.input[1])];
    if (!a || !b || (a.length !== b.length && a.length !== 1 && b.length !== 1)) return undefined;
    return Array.from({ length: Math.max(a.length, b.length) }, (_, i) => apply(a[a.length === 1 ? 0 : i]!, b[b.length === 1 ? 0 : i]!));
  };
}

export interface SliceRange {
  starts: readonly number[];
  ends: readonly number[];
  axes: readonly number[];
  steps: readonly number[];
}

/** The operands of a Slice node, from attributes (older opsets) or inputs. */
export function sliceRange(node: NodeProto, known: Known): SliceRange | undefined {
  const part = (name: string, input: number) => (hasAttribute(node, name) ? intsAttribute(node, name) : node.input[input] ? known.ints(node.input[input]) : []);
  const [starts, ends, axes, steps] = [part('starts', 1), part('ends', 2), part('axes', 3), part('steps', 4)];
  if (!starts || !ends || !axes || !steps) return undefined;
  return { starts, ends, steps, axes: axes.length > 0 ? axes : starts.map((_, axis) => axis) };
}

/** Which indices a Slice takes along one axis (ONNX Slice spec: clamped, negative ones from the end). */
export function slice(dim: number, start: number, end: number, step: number): { first: number; count: number; step: number } {
  const [low, high] = step > 0 ? [0, dim] : [-1, dim - 1];
  const bound = (value: number) => Math.min(high, Math.max(low, value < 0 ? value + dim : value));
  const first = bound(start);
  return { first, count: step === 0 ? 0 : Math.max(0, Math.ceil((bound(end) - first) / step)), step };
}

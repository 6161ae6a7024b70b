import { hasAttribute, intsAttribute } from './attributes.js';
import type { NodeProto } from './proto.js';

export interface SliceRange {
  starts: readonly number[];
  ends: readonly number[];
  axes: readonly number[];
  steps: readonly number[];
}

/** The operands of a Slice node, from attributes (older opsets) or inputs. */
export function sliceRange(
  node: NodeProto,
  ints: (value: string) => readonly number[] | undefined,
): SliceRange | undefined {
  const part = (name: string, input: number) =>
    hasAttribute(node, name) ? intsAttribute(node, name) : node.input[input] ? ints(node.input[input]) : [];
  const [starts, ends, axes, steps] = [part('starts', 1), part('ends', 2), part('axes', 3), part('steps', 4)];
  if (!starts || !ends || !axes || !steps) return undefined;
  return { starts, ends, steps, axes: axes.length > 0 ? axes : starts.map((_, axis) => axis) };
}

/** Which indices a Slice takes along one axis (ONNX Slice spec: clamped, negative ones from the end). */
export function slice(
  dim: number,
  start: number,
  end: number,
  step: number,
): { first: number; count: number; step: number } {
  const [low, high] = step > 0 ? [0, dim] : [-1, dim - 1];
  const bound = (value: number) => Math.min(high, Math.max(low, value < 0 ? value + dim : value));
  const first = bound(start);
  const count = step === 0 ? 0 : Math.max(0, Math.ceil((bound(end) - first) / step));
  return { first, count, step };
}

import type { NodeProto } from './proto.js';

export type Shape = readonly number[];

/** What a rule may ask: shapes and small integer values known so far. */
export interface KnownShapes {
  shape(value: string | undefined): Shape | undefined;
  ints(value: string | undefined): readonly number[] | undefined;
}

export type ShapeRule = (node: NodeProto, known: KnownShapes) => Shape | undefined;

/** One rule for several operators. */
export function rules<R>(ops: readonly string[], rule: R): Record<string, R> {
  return Object.fromEntries(ops.map((op) => [op, rule]));
}

/** An axis counted from the front. */
export function fromEnd(axis: number, rank: number): number {
  return axis < 0 ? axis + rank : axis;
}

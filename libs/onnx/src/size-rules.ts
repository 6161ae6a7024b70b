import { elementOf, dimOf } from './accessors.js';
import { hasAttribute, intAttribute, intsAttribute, tensorAttribute } from './attributes.js';
import { DataType, type NodeProto } from './proto.js';
import { fromEnd, rules } from './shape-rule.js';
import {
  MAX_SIZE_ELEMENTS,
  SIZE_TYPES,
  asType,
  int64List,
  isFloatType,
  sizeOf,
  type KnownSizes,
  type SizeRule,
  type SizeValue,
} from './size-value.js';
import { sliceRange, slice } from './slice-range.js';
import { elementCount } from './tensor.js';

/** The arithmetic in which exporters compute sizes, exact as the runtime has it. */
export const SIZE_RULES: Record<string, SizeRule> = {
  Shape: (node, known) => {
    const shape = known.shape(node.input[0]);
    if (!shape) return undefined;
    const bound = (name: string, fallback: number) =>
      Math.min(shape.length, Math.max(0, fromEnd(intAttribute(node, name, fallback), shape.length)));
    const end = hasAttribute(node, 'end') ? bound('end', 0) : undefined;
    return int64List(shape.slice(bound('start', 0), end));
  },
  Size: (node, known) => {
    const shape = known.shape(node.input[0]);
    return shape && { type: DataType.INT64, dims: [], values: [elementCount(shape)] };
  },
  Identity: (node, known) => known.size(node.input[0]),
  Cast: (node, known) => {
    const [x, type] = [known.size(node.input[0]), intAttribute(node, 'to', DataType.FLOAT)];
    if (!x || !SIZE_TYPES.has(type)) return undefined;
    return { ...x, type, values: x.values.map((value) => asType(value, type)) };
  },
  // How many axes of length one stand around a size changes nothing about its elements.
  ...rules<SizeRule>(['Unsqueeze', 'Squeeze', 'Reshape'], (node, known) => {
    const [x, dims] = [known.size(node.input[0]), resultDims(node, known)];
    return x && dims ? { ...x, dims } : undefined;
  }),
  Concat: (node, known) => {
    const parts = node.input.map((value) => known.size(value));
    const lists = parts.flatMap((part) => (part?.dims.length === 1 ? [part] : []));
    const [first] = lists;
    if (!first || lists.length < parts.length || lists.some(({ type }) => type !== first.type)) return undefined;
    return listOf(
      first.type,
      lists.flatMap(({ values }) => values),
    );
  },
  Gather: (node, known) => {
    const [x, indices] = [known.size(node.input[0]), known.size(node.input[1])];
    if (!x || !indices || x.dims.length !== 1 || indices.values.some((index) => x.values.at(index) === undefined))
      return undefined;
    const values = indices.values.map((index) => x.values.at(index)!);
    return { type: x.type, dims: indices.dims, values };
  },
  Slice: (node, known) => {
    const x = known.size(node.input[0]);
    const range = sliceRange(node, (value) => known.size(value)?.values);
    if (!x || !range) return undefined;
    return range.axes.reduce<SizeValue>((cut, axis, i) => {
      const at = fromEnd(axis, x.dims.length);
      const { first, count, step } = slice(
        dimOf(cut.dims, at),
        elementOf(range.starts, i, 'starts'),
        elementOf(range.ends, i, 'ends'),
        range.steps[i] ?? 1,
      );
      return mapped(cut, cut.dims.with(at, count), (index) =>
        index.with(at, first + elementOf(index, at, 'index') * step),
      );
    }, x);
  },
  Transpose: (node, known) => {
    const x = known.size(node.input[0]);
    const perm = intsAttribute(
      node,
      'perm',
      x?.dims.map((_, axis) => x.dims.length - 1 - axis),
    );
    return (
      x &&
      mapped(
        x,
        perm.map((axis) => dimOf(x.dims, axis)),
        (index) => x.dims.map((_, axis) => elementOf(index, perm.indexOf(axis), 'index')),
      )
    );
  },
  Add: pairwise((a, b) => a + b),
  Sub: pairwise((a, b) => a - b),
  Mul: pairwise((a, b) => a * b),
  // Division by zero is the runtime's to judge.
  Div: pairwise((a, b, isFloat) => (isFloat || b !== 0 ? a / b : undefined)),
  Mod: pairwise((a, b, isFloat) => (isFloat || b === 0 ? undefined : ((a % b) + b) % b)),
  Min: pairwise((a, b) => Math.min(a, b)),
  Max: pairwise((a, b) => Math.max(a, b)),
  Equal: comparison((a, b) => a === b),
  Greater: comparison((a, b) => a > b),
  Less: comparison((a, b) => a < b),
  GreaterOrEqual: comparison((a, b) => a >= b),
  LessOrEqual: comparison((a, b) => a <= b),
  Not: elementwise((x) => Number(!x)),
  Neg: elementwise((x) => -x),
  Abs: elementwise(Math.abs),
  Floor: elementwise(Math.floor),
  Ceil: elementwise(Math.ceil),
  Sqrt: elementwise(Math.sqrt),
  Where: (node, known) => {
    const [condition, a, b] = node.input.map((value) => known.size(value));
    const first = condition && a && broadcast(condition, a);
    const dims = first && b && broadcast({ ...a, dims: first }, b);
    if (!dims || a!.type !== b!.type) return undefined;
    return {
      type: a!.type,
      dims,
      values: Array.from({ length: elementCount(dims) }, (_, i) => (at(condition!, i) ? at(a!, i) : at(b!, i))),
    };
  },
  ConstantOfShape: (node, known) => {
    const dims = known.size(node.input[0])?.values;
    const value = tensorAttribute(node, 'value');
    const filler = value ? sizeOf(value) : { type: DataType.FLOAT, values: [0] };
    if (!dims || !filler || dims.length > 1 || elementCount(dims) > MAX_SIZE_ELEMENTS) return undefined;
    const size = elementOf(filler.values, 0, 'values');
    return { type: filler.type, dims, values: new Array<number>(elementCount(dims)).fill(size) };
  },
  Range: (node, known) => {
    const [start, limit, delta] = node.input.map((value) => known.size(value));
    if (!start || !limit || !delta || isFloatType(start.type) || delta.values[0] === 0) return undefined;
    const count = Math.max(
      0,
      Math.ceil(
        (elementOf(limit.values, 0, 'values') - elementOf(start.values, 0, 'values')) /
          elementOf(delta.values, 0, 'values'),
      ),
    );
    return count > MAX_SIZE_ELEMENTS
      ? undefined
      : listOf(
          start.type,
          Array.from(
            { length: count },
            (_, i) => elementOf(start.values, 0, 'values') + i * elementOf(delta.values, 0, 'values'),
          ),
        );
  },
  ReduceProd: reduction((values) => values.reduce((product, value) => product * value, 1)),
  ReduceSum: reduction((values) => values.reduce((sum, value) => sum + value, 0)),
  ReduceMax: reduction((values) => Math.max(...values)),
  ReduceMin: reduction((values) => Math.min(...values)),
};

function listOf(type: DataType, values: readonly number[]): SizeValue | undefined {
  return values.length > MAX_SIZE_ELEMENTS ? undefined : { type, dims: [values.length], values };
}

/** A size of other dimensions, each element taken from where `from` tells. */
function mapped(x: SizeValue, dims: readonly number[], from: (index: number[]) => number[]): SizeValue {
  const values = Array.from({ length: elementCount(dims) }, (_, flat) => {
    const index = dims.map((dim, axis) => Math.floor(flat / elementCount(dims.slice(axis + 1))) % dim);
    const place = from(index).reduce((sum, at, axis) => sum * dimOf(x.dims, axis) + at, 0);
    return elementOf(x.values, place, 'values');
  });
  return { type: x.type, dims, values };
}

/** Dimensions of a size after Squeeze, Unsqueeze or Reshape. */
function resultDims(node: NodeProto, known: KnownSizes): readonly number[] | undefined {
  const x = known.size(node.input[0]);
  const given = node.input[1]
    ? known.size(node.input[1])?.values
    : hasAttribute(node, 'axes')
      ? intsAttribute(node, 'axes')
      : null;
  if (!x || given === undefined) return undefined;
  if (node.opType === 'Reshape') {
    const dims = given?.map((dim, axis) => (dim === 0 ? dimOf(x.dims, axis) : dim)) ?? [];
    const rest = dims.reduce((product, dim) => (dim === -1 ? product : product * dim), 1);
    return dims.map((dim) => (dim === -1 ? x.values.length / rest : dim));
  }
  if (node.opType === 'Squeeze') {
    const dropped = given?.map((axis) => fromEnd(axis, x.dims.length));
    return x.dims.filter((dim, axis) => (dropped ? !dropped.includes(axis) : dim !== 1));
  }
  if (given === null) return undefined;
  const rank = x.dims.length + given.length;
  const added = given.map((axis) => fromEnd(axis, rank));
  const rest = [...x.dims];
  return Array.from({ length: rank }, (_, axis) => (added.includes(axis) ? 1 : rest.shift()!));
}

/** Of two sizes that are lists of one length, or one of which is a single number. */
function broadcast(a: Omit<SizeValue, 'type'>, b: Omit<SizeValue, 'type'>): readonly number[] | undefined {
  if (a.dims.length > 1 || b.dims.length > 1) return undefined;
  const [longer, other] = a.dims.length >= b.dims.length ? [a, b] : [b, a];
  if (elementCount(other.dims) === 1) return longer.dims;
  return elementCount(longer.dims) === 1 || longer.dims.join() === other.dims.join() ? other.dims : undefined;
}

function at({ values }: SizeValue, i: number): number {
  return values.length === 1 ? elementOf(values, 0, 'values') : elementOf(values, i, 'values');
}

function pairwise(apply: (a: number, b: number, isFloat: boolean) => number | undefined, result?: DataType): SizeRule {
  return (node, known) => {
    const [a, b] = [known.size(node.input[0]), known.size(node.input[1])];
    const dims = a && b && node.input.length === 2 ? broadcast(a, b) : undefined;
    if (!dims || a!.type !== b!.type) return undefined;
    const type = result ?? a!.type;
    const values = Array.from({ length: elementCount(dims) }, (_, i) =>
      apply(at(a!, i), at(b!, i), isFloatType(a!.type)),
    );
    if (!values.every((value) => value !== undefined)) return undefined;
    return { type, dims, values: values.map((value) => asType(value, type)) };
  };
}

function comparison(holds: (a: number, b: number) => boolean): SizeRule {
  return pairwise((a, b) => Number(holds(a, b)), DataType.BOOL);
}

function elementwise(apply: (x: number) => number): SizeRule {
  return (node, known) => {
    const x = known.size(node.input[0]);
    return x && { ...x, values: x.values.map((value) => asType(apply(value), x.type)) };
  };
}

/** Over a whole list. */
function reduction(apply: (values: readonly number[]) => number): SizeRule {
  return (node, known) => {
    const x = known.size(node.input[0]);
    if (!x || x.dims.length !== 1 || x.values.length === 0) return undefined;
    const dims = intAttribute(node, 'keepdims', 1) ? [1] : [];
    return { type: x.type, dims, values: [asType(apply(x.values), x.type)] };
  };
}

import { dimOf, intAttribute, stringAttribute } from '#onnx';
import { UnsupportedGradientError, nameOf } from '../errors.js';
import type { GradientBuilder } from '../gradient-builder.js';
import type { GradientRule, RuleContext } from '../rule.js';
import { product } from './window.js';

export type GridSampleOp = 'GridSample' | 'AffineGrid';

/** Reading an image between its pixels, and the places to read at. */
export const GRID_SAMPLE_RULES: Record<GridSampleOp, GradientRule> = {
  GridSample: (context) => {
    const sampling = new Sampling(context);
    return [() => sampling.byImage(), () => sampling.byGrid()];
  },
  AffineGrid: (context) => [() => affineGradient(context)],
};

/** Each place is theta · [p, 1] of a place p that stays where theta is the identity: dTheta = Σ dY · [p, 1]ᵀ. */
function affineGradient({ node, g, x: [theta, size], y: [y], dY }: RuleContext): string {
  const [samples, axes] = [dimOf(g.dims(theta), 0), dimOf(g.dims(theta), 1)];
  const identity = Array.from({ length: axes * (axes + 1) }, (_, i) => Number(i % (axes + 2) === 0));
  const still = g.expand(g.tensor(identity, [1, axes, axes + 1]), g.dims(theta));
  const places = g.op('AffineGrid', [still, size], { align_corners: intAttribute(node, 'align_corners', 0) });
  const count = product(g.dims(y)) / samples / axes;
  const ones = g.expand(g.scalar(1), [samples, count, 1]);
  const extended = g.concat([g.reshape(places, [samples, count, axes]), ones], 2);
  return g.matmul(g.reshape(dY, [samples, count, axes]), extended, { transA: 3 });
}

/** A coordinate of every read place [N, 1, P], with the pixels on both sides of it. */
interface Axis {
  /** Share of the pixel above, which is the distance from the one below. */
  above: string;
  /** Pixel numbers below and above, as floats, held inside the image. */
  pixels: readonly [string, string];
  /** 1 where that pixel is one of the image. */
  inside: readonly [string, string];
  /** How the place moves with the grid's number. */
  slope: string;
}

/**
 * y = Σ over the four pixels around a place of its value times its shares in x and y: dX adds dY times those shares to
 * the four, the grid's gradient is dY times the difference of pixels along one axis, mixed along the other.
 */
class Sampling {
  private readonly g: GradientBuilder;
  private readonly dims: readonly [number, number, number, number];
  private readonly places: number;
  private readonly columns: Axis;
  private readonly rows: Axis;
  private readonly dY: string;

  constructor(private readonly context: RuleContext) {
    const {
      node,
      g,
      x: [image, grid],
      dY,
    } = context;
    const mode = stringAttribute(node, 'mode', 'linear');
    const padding = stringAttribute(node, 'padding_mode', 'zeros');
    if (mode === 'cubic' || mode === 'bicubic' || mode === 'nearest' || g.dims(image).length !== 4)
      throw new UnsupportedGradientError(
        nameOf(node),
        `mode "${mode}" of [${g.dims(image)}] has no gradient rule, linear of images has`,
      );
    if (padding === 'reflection')
      throw new UnsupportedGradientError(nameOf(node), 'padding_mode "reflection" has no gradient rule');
    this.g = g;
    this.dims = g.dims(image) as Sampling['dims'];
    const [samples, channels, height, width] = this.dims;
    this.places = g.dims(grid)[1]! * g.dims(grid)[2]!;
    const coordinate = (at: number) => {
      const alone = g.slice(grid, [at], [at + 1], [3]);
      return g.reshape(alone, [samples, 1, this.places]);
    };
    this.columns = this.axis(coordinate(0), width);
    this.rows = this.axis(coordinate(1), height);
    this.dY = g.reshape(dY, [samples, channels, this.places]);
  }

  byImage(): string {
    const { g } = this;
    const [samples, channels, height, width] = this.dims;
    const zeros = g.expand(g.scalar(0), [samples, channels, height * width]);
    const parts = CORNERS.map(([row, column]) => {
      const indices = this.index(row, column);
      const weight = g.mul(this.share(this.rows, row), this.share(this.columns, column));
      return { indices, share: g.mul(this.dY, weight) };
    });
    const indices = g.concat(
      parts.map((part) => part.indices),
      2,
    );
    const shares = g.concat(
      parts.map((part) => part.share),
      2,
    );
    const summed = g.op('ScatterElements', [zeros, indices, shares], { axis: 2, reduction: 'add' });
    return g.reshape(summed, this.dims);
  }

  byGrid(): string {
    const { g, rows, columns } = this;
    const [samples] = this.dims;
    const pixels = CORNERS.map(([row, column]) => this.pixel(row, column)) as [string, string, string, string];
    const [topLeft, topRight, bottomLeft, bottomRight] = pixels;
    const across = this.mixed(rows, g.sub(topRight, topLeft), g.sub(bottomRight, bottomLeft));
    const down = this.mixed(columns, g.sub(bottomLeft, topLeft), g.sub(bottomRight, topRight));
    const by = (difference: string, axis: Axis) => {
      const moved = g.mul(this.dY, difference);
      return g.mul(g.sum(moved, [1], true), axis.slope);
    };
    const gradients = [by(across, columns), by(down, rows)];
    const parts = gradients.map((part) => g.reshape(part, [samples, this.places, 1]));
    return g.reshape(g.concat(parts, 2), g.dims(this.context.x[1]));
  }

  private axis(coordinate: string, size: number): Axis {
    const { g } = this;
    const { node } = this.context;
    const scale = intAttribute(node, 'align_corners', 0) ? (size - 1) / 2 : size / 2;
    const free = g.add(g.scale(coordinate, scale), g.scalar((size - 1) / 2));
    const isBorder = stringAttribute(node, 'padding_mode', 'zeros') === 'border';
    const place = isBorder ? this.held(free, size) : free;
    const below = g.op('Floor', [place]);
    const above = g.add(below, g.scalar(1));
    const isFree = isBorder ? g.mask(g.op('Equal', [place, free])) : null;
    const inside = (pixel: string) => g.mask(g.op('Equal', [pixel, this.held(pixel, size)]));
    return {
      above: g.sub(place, below),
      pixels: [this.held(below, size), this.held(above, size)],
      inside: [inside(below), inside(above)],
      slope: isFree === null ? g.scalar(scale) : g.scale(isFree, scale),
    };
  }

  /** Held between the first and the last pixel. */
  private held(value: string, size: number): string {
    const { g } = this;
    return g.op('Clip', [value, g.scalar(0), g.scalar(size - 1)]);
  }

  /** Share of the pixel on one side, none for one outside. */
  private share({ above, inside }: Axis, side: Side): string {
    const { g } = this;
    return g.mul(side === 1 ? above : g.sub(g.scalar(1), above), inside[side]);
  }

  private mixed({ above }: Axis, first: string, second: string): string {
    const { g } = this;
    return g.add(first, g.mul(above, g.sub(second, first)));
  }

  /** Where the pixel lies in an image laid out as one row, for every channel. */
  private index(row: Side, column: Side): string {
    const { g } = this;
    const [samples, channels, , width] = this.dims;
    const aboveRow = g.scale(this.rows.pixels[row], width);
    const flat = g.op('Cast', [g.add(aboveRow, this.columns.pixels[column])], { to: INT64 });
    return g.expand(flat, [samples, channels, this.places]);
  }

  /** Its value in every channel, zero outside. */
  private pixel(row: Side, column: Side): string {
    const { g } = this;
    const [samples, channels, height, width] = this.dims;
    const flat = g.reshape(this.context.x[0], [samples, channels, height * width]);
    const value = g.op('GatherElements', [flat, this.index(row, column)], { axis: 2 });
    return g.mul(value, g.mul(this.rows.inside[row], this.columns.inside[column]));
  }
}

const INT64 = 7;

/** Below or above. */
type Side = 0 | 1;

/** Rows and columns of the four pixels around a place. */
const CORNERS: readonly (readonly [Side, Side])[] = [
  [0, 0],
  [0, 1],
  [1, 0],
  [1, 1],
];

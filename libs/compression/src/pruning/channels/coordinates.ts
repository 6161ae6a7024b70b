import { type Shapes, known, elementOf } from '#onnx';

/** Dimensions of every value of a graph, by name. */
interface Axes {
  dims: readonly number[];
  /** Identity of the first coordinate of each axis. */
  starts: number[];
}

/** An axis on which a class has entries, and how many of them. */
export interface Place {
  value: string;
  axis: number;
  count: number;
}

/**
 * The coordinates (value, axis, index) of a graph and which of them stand or fall together: a union-find in which each
 * class is the smallest thing that can be removed. A pinned coordinate keeps its whole class, for the reason given
 * first.
 */
export class Coordinates {
  private readonly axes = new Map<string, Axes>();
  private readonly parent: number[] = [];
  private readonly pins = new Map<number, string>();
  /** Places of the classes that may go, gathered once all is linked. */
  private places: Map<number, Place[]> | null = null;

  constructor(shapes: Shapes) {
    for (const [value, dims] of shapes) this.define(value, dims);
  }

  /** A value's dimensions, or undefined when they were not observed. */
  dims(value: string): readonly number[] | undefined {
    return this.axes.get(value)?.dims;
  }

  /** The same for a value that was. Throws GraphError with its name. */
  dimsOf(value: string): readonly number[] {
    return known(this.axes, value, 'observed shapes').dims;
  }

  values(): Iterable<string> {
    return this.axes.keys();
  }

  at(value: string, axis: number, index: number): number {
    return elementOf(known(this.axes, value, 'axes').starts, axis, 'starts') + index;
  }

  /** The class a coordinate belongs to, as the identity of its representative. */
  find(id: number): number {
    let root = id;
    while (this.parent[root] !== root) root = elementOf(this.parent, root, 'parent');
    for (let at = id; at !== root;) {
      const next = elementOf(this.parent, at, 'parent');
      this.parent[at] = root;
      at = next;
    }
    return root;
  }

  link(a: number, b: number): void {
    const [kept, gone] = [this.find(a), this.find(b)];
    if (kept === gone) return;
    this.places = null;
    this.parent[gone] = kept;
    const reason = this.pins.get(kept) ?? this.pins.get(gone);
    if (reason !== undefined) this.pins.set(kept, reason);
  }

  /** Links two axes index by index, from the given offsets on. */
  linkAxes(
    a: string,
    axisA: number,
    b: string,
    axisB: number,
    { offsetA = 0, offsetB = 0, count }: { offsetA?: number; offsetB?: number; count?: number } = {},
  ): void {
    const [leftA, leftB] = [this.dims(a)![axisA]! - offsetA, this.dims(b)![axisB]! - offsetB];
    const length = count ?? Math.min(leftA, leftB);
    for (let i = 0; i < length; i++) this.link(this.at(a, axisA, offsetA + i), this.at(b, axisB, offsetB + i));
  }

  pin(id: number, reason: string): void {
    const root = this.find(id);
    if (!this.pins.has(root)) this.pins.set(root, reason);
  }

  pinAxis(value: string, axis: number, reason: string): void {
    const length = this.dims(value)?.[axis] ?? 0;
    for (let i = 0; i < length; i++) this.pin(this.at(value, axis, i), reason);
  }

  pinValue(value: string, reason: string): void {
    this.dims(value)?.forEach((_, axis) => this.pinAxis(value, axis, reason));
  }

  /** Why a coordinate's class must stay, or undefined when it may go. */
  pinned(id: number): string | undefined {
    return this.pins.get(this.find(id));
  }

  /** Where a class has entries, in the order of the values; none of a class that must stay. */
  placesOf(root: number): readonly Place[] {
    this.places ??= this.gatherPlaces();
    return this.places.get(root) ?? [];
  }

  isFree(value: string, axis: number): boolean {
    return Array.from({ length: this.dims(value)![axis]! }, (_, i) => this.at(value, axis, i)).some(
      (id) => this.pinned(id) === undefined,
    );
  }

  private gatherPlaces(): Map<number, Place[]> {
    const places = new Map<number, Place[]>();
    for (const [value, { dims, starts }] of this.axes) {
      dims.forEach((length, axis) => {
        const start = elementOf(starts, axis, 'starts');
        for (let id = start; id < start + length; id++) this.addPlace(places, this.find(id), value, axis);
      });
    }
    return places;
  }

  private addPlace(places: Map<number, Place[]>, root: number, value: string, axis: number): void {
    if (this.pins.has(root)) return;
    const known = places.get(root);
    const last = known?.at(-1);
    if (last?.value === value && last.axis === axis) last.count += 1;
    else if (known) known.push({ value, axis, count: 1 });
    else places.set(root, [{ value, axis, count: 1 }]);
  }

  private define(value: string, dims: readonly number[]): void {
    const starts = dims.map((length, axis) => {
      const start = this.parent.length;
      for (let i = 0; i < length; i++) this.parent.push(start + i);
      if (length === 1) this.pins.set(start, `axis ${axis} of "${value}" has a single entry`);
      return start;
    });
    this.axes.set(value, { dims, starts });
  }
}

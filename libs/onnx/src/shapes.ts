/** Dimensions by value name, as observed in one run of a graph. */
export type Shapes = ReadonlyMap<string, readonly number[]>;

/** Width of a stored weight. */
export type WeightBits = 8 | 4 | 3 | 2;

/** Width of a stored activation: uint8 runs as integers, uint16 in floats between Q and DQ. */
export type ActivationBits = 8 | 16;

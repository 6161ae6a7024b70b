import type { Speedup } from '#measurement';

/** What was measured before layers were left to floats, or all stayed integers. */
export interface SlowerChoice {
  /** The model with all layers in integers, against float. */
  int8: Speedup;
  /** Models with so many layers in floats, against the one with none. */
  tried: { inFloats: number; speed: Speedup }[];
  /** The layers that compute in floats for it, by name. */
  inFloats: readonly string[];
}

import type { NodeProto } from '#onnx';
import type { GradientBuilder } from './gradient-builder.js';

/** Value names of a node by position; positions that the node leaves out read as ''. */
export type ValueNames = readonly [string, string, string, string, string, string, ...string[]];

/** One node on its way back: x are its inputs, y its outputs. */
export interface RuleContext {
  node: NodeProto;
  g: GradientBuilder;
  x: ValueNames;
  y: ValueNames;
  /** Gradient of the loss by the first output. */
  dY: string;
  /** Gradients by every output, null where none arrives. */
  dYs: readonly (string | null)[];
}

/** Writes one input's gradient when the walker asks for it, and not otherwise. */
export type Gradient = () => string;

/**
 * Gradients of a node by position of its inputs; null where nothing flows. Inputs that cannot depend on a weight
 * (shapes, axes, indices) may be left out at the end.
 */
export type GradientRule = (context: RuleContext) => readonly (Gradient | null)[];

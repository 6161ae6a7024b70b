import type { ModelInspection } from '#contracts';

/** What is known of a model of which a test stores nothing but its name. */
export const EMPTY_INSPECTION: ModelInspection = {
  inputs: [],
  outputs: [],
  irVersion: 8,
  opset: 17,
  producer: '',
  ops: {},
  nodes: 0,
  parameters: 0,
  nonZeros: 0,
  macs: null,
  warnings: [],
};

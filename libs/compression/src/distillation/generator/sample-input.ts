import { DataType, valueDims, valueElemType, type Graph } from '#onnx';

/** The one input of a teacher for which samples are made up, and the shape of a sample. */
export interface SampleInput {
  input: string;
  dims: number[];
}

/** Null where samples cannot be made up: several inputs, no floats, or a shape that is not fixed but for the batch. */
export function sampleInput(graph: Graph): SampleInput | null {
  const [input, ...others] = graph.inputs;
  if (!input || others.length > 0 || valueElemType(input) !== DataType.FLOAT) return null;
  const dims = valueDims(input)?.slice(1) ?? [];
  const fixed = dims.filter((dim) => typeof dim === 'number');
  return dims.length > 0 && fixed.length === dims.length ? { input: input.name, dims: fixed } : null;
}

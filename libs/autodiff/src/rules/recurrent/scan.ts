import { GraphBuilder, ownName } from '#onnx';
import { GradientBuilder } from '../../gradient-builder.js';

/** What a step of a scan gives: the states for the next step, and what is kept of this one. */
export interface ScanStep {
  states: readonly string[];
  kept: readonly string[];
}

export interface ScanRequest {
  /** States before the first step, all of these dimensions. */
  states: readonly string[];
  /** Sequences along axis 0, one element of each a step. */
  sequences: readonly string[];
  /** From the last element to the first; what is kept lies in the order of the sequences either way. */
  isReverse: boolean;
  /** Writes one step; it may read values of the graph around it. */
  step(g: GradientBuilder, states: readonly string[], elements: readonly string[]): ScanStep;
}

/** Writes a loop over a sequence as one Scan, and returns the last states and the kept sequences. */
export function scan(g: GradientBuilder, { states, sequences, isReverse, step }: ScanRequest): ScanStep {
  const body = new GraphBuilder(ownName(g.graph.fresh('scan')));
  const input = () => body.input(body.fresh('in'), undefined, g.elemType);
  const [before, elements] = [states.map(input), sequences.map(input)];
  const after = step(new GradientBuilder(body, new Map(), () => undefined, g.elemType), before, elements);
  const given = [...after.states, ...after.kept];
  for (const value of given) body.output(value, undefined, g.elemType);
  const direction = (values: readonly string[]) => values.map(() => Number(isReverse));
  const outputs = g.graph.ops('Scan', given.length, [...states, ...sequences], {
    body: body.build().graph,
    num_scan_inputs: sequences.length,
    scan_input_directions: direction(sequences),
    scan_output_directions: direction(after.kept),
  });
  return { states: outputs.slice(0, after.states.length), kept: outputs.slice(after.states.length) };
}

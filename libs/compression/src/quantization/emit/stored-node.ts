import type { NodeProto } from '#onnx';
import type { WeightReport } from './weight-report.js';

/** A node that is no layer of the int8 graph and whose weights were stored as integers all the same. */
export interface StoredNode {
  node: NodeProto;
  /** What it reads of the data, and at which position. */
  input: string;
  inputIndex: number;
  /** The float value that it gives, by its name in the float model. */
  output: string;
  report: WeightReport & { node: string; opType: string; input: string; computesIn?: 'float' };
}

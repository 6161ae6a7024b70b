import { DataType, makeNode, makeValueInfo, ownName, type ModelProto } from '#onnx';

/** The output that is refused. */
export const REFUSED = ownName('refused');

/** What the binding of onnxruntime-node 1.30 says to an output that is a sequence, after the run. */
const REFUSAL = 'Non tensor type is temporarily not supported.';

/**
 * Lets a model's outputs stay where {@link Session.runInto} has them written. The runtime's binding copies every output
 * that it hands back, into memory of its own, those too that were written into memory that was handed in. A sequence
 * comes ahead of them here, which the binding refuses to hand back, and so it ends before the copies.
 */
export function keepOutputs({ graph }: ModelProto): void {
  graph!.node.push(makeNode('SequenceEmpty', [], [REFUSED], { dtype: DataType.FLOAT }));
  graph!.output.unshift(makeValueInfo(REFUSED, DataType.UNDEFINED));
}

/** Whether a run was over when it failed: all that is missing is what was refused. */
export const isRunOver = (error: unknown): boolean => (error as Partial<Error> | null)?.message === REFUSAL;

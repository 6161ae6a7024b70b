import type { Skipped } from '#contracts';
import type { ValueMetadata } from '#inference';

/** Outputs of which no signal to noise is measured, and why. */
export function uncomparedOutputs(outputs: readonly ValueMetadata[]): Skipped[] {
  return outputs
    .filter(({ type }) => !type.startsWith('float'))
    .map(({ name, type }) => ({ node: name, reason: `output not compared: ${reasonOf(type)}` }));
}

function reasonOf(type: string): string {
  if (type !== 'other') return `it holds ${type}, and signal to noise is one of floats`;
  return (
    'it is a sequence or a map, which the runtime does not hand over: export the model with tensors alone ' +
    "(skl2onnx: options={'zipmap': False})"
  );
}

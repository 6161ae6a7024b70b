import type { ModelProto } from '#onnx';
import type { PassContext } from './pass.js';

/** A stage's context on a model, which nobody listens to: no data and no history but for what `changes` says. */
export function stageContext(model: ModelProto, changes: Partial<PassContext> = {}): PassContext {
  return {
    model,
    baseline: new Uint8Array(),
    history: [],
    data: null,
    seed: 0,
    threads: 1,
    outputPath: '.',
    progress: () => undefined,
    log: () => undefined,
    ...changes,
  };
}

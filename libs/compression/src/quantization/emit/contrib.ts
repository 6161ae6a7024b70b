import { create } from '@bufbuild/protobuf';
import { OperatorSetIdProtoSchema, type Graph } from '#onnx';

/** The domain of ONNX Runtime's own operators. */
export const CONTRIB = 'com.microsoft';

/** Declares the runtime's own operators in a model that has none yet. */
export function importContrib(graph: Graph): void {
  if (graph.opset(CONTRIB) > 0) return;
  graph.model.opsetImport.push(create(OperatorSetIdProtoSchema, { domain: CONTRIB, version: 1n }));
}

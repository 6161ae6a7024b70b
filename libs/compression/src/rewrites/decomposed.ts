import { cloneModel, Graph, opsetVersion, UnsupportedModelError, liftOpset, type ModelProto } from '#onnx';
import { findGelus, fuseGelus, GELU_OPSET } from './fuse-gelu.js';
import { findLayerNorms, fuseLayerNorms, LAYER_NORM_OPSET } from './fuse-layer-norm.js';

/**
 * Puts Gelu and LayerNormalization where exporters wrote them out, and lifts the model in place to the opset that has
 * them; a model that cannot be lifted keeps its spelling. Constants must be initializers. Returns how many were fused.
 */
export function fuseDecomposed(model: ModelProto): number {
  const found = new Graph(model);
  const forGelus = findGelus(found).length > 0 ? GELU_OPSET : 0;
  const needed = Math.max(forGelus, findLayerNorms(found).length > 0 ? LAYER_NORM_OPSET : 0);
  if (needed === 0 || !canDeclare(model, needed)) return 0;
  const graph = new Graph(model);
  const [norms, gelus] = [findLayerNorms(graph), findGelus(graph)];
  fuseLayerNorms(graph, norms);
  fuseGelus(graph, gelus);
  graph.removeDeadCode();
  return norms.length + gelus.length;
}

function canDeclare(model: ModelProto, opset: number): boolean {
  if (opsetVersion(model) >= opset) return true;
  try {
    // A copy first: a node without counterpart would leave the model half lifted.
    liftOpset(cloneModel(model), opset);
    liftOpset(model, opset);
    return true;
  } catch (error) {
    if (error instanceof UnsupportedModelError) return false;
    throw error;
  }
}

import { cloneModel, Graph, elementOf } from '#onnx';
import type { Layer } from './layers.js';

/** A graph and those of its nodes that are quantized. */
export interface LayeredGraph {
  graph: Graph;
  layers: Layer[];
}

/** A copy of a graph, with the layers' nodes being the copy's. */
export function copyLayers(graph: Graph, layers: readonly Layer[]): LayeredGraph {
  const copy = new Graph(cloneModel(graph.model));
  return {
    graph: copy,
    layers: layers.map((layer) => ({
      ...layer,
      node: elementOf(copy.nodes, graph.nodes.indexOf(layer.node), 'nodes'),
    })),
  };
}

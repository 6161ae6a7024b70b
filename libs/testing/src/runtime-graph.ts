import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Session } from '#inference';
import { DataType, Graph, MODEL_LIMITS, parseModel } from '#onnx';

/** The graph that the runtime makes of a model, with all its fusions and the layouts of this CPU. */
export async function runtimeGraph(model: Uint8Array): Promise<Graph> {
  const folder = await mkdtemp(join(tmpdir(), 'coldpress-fused-'));
  try {
    const path = join(folder, 'fused.onnx');
    await (await Session.create(model, { optimizedModelPath: path })).release();
    return new Graph(parseModel(await readFile(path), MODEL_LIMITS));
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Operators of a graph, with how often each is there. */
export function operatorCounts(graph: Graph): Record<string, number> {
  const counts = new Map<string, number>();
  for (const { opType } of graph.nodes) counts.set(opType, (counts.get(opType) ?? 0) + 1);
  return Object.fromEntries(counts);
}

/**
 * Weights that the runtime expands anew at every run: nodes of its graph that read nothing but stored tensors,
 * "opType tensor" each.
 * An int32 bias is no weight: expanding it costs nothing beside the product.
 */
export async function weightsExpandedAtRunTime(model: Uint8Array): Promise<string[]> {
  const graph = await runtimeGraph(model);
  return graph.nodes.flatMap(({ opType, input }) => {
    const tensors = input.filter((name) => name !== '').map((name) => graph.initializer(name));
    const [stored] = tensors;
    if (!stored || stored.dataType === DataType.INT32 || tensors.some((tensor) => tensor === undefined)) return [];
    return [`${opType} ${stored.name}`];
  });
}

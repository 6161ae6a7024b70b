import { Session, type HostTensors } from '#inference';
import { BUILDER_OPSET, DataType, Float, Graph, cloneModel, floatTensor, intAttribute, makeNode, makeValueInfo, setAttribute, writeModel, type ModelProto, type NodeProto } from '#onnx';
import { liftConstants } from '../prepare/constants.js';
import { liftOpset } from '../prepare/opset.js';

/** Batches that statistics are taken of: their mean changes little after some dozens (Wu and Johnson 2021, "Rethinking Batch"). */
const BATCHES = 50;

/** A batch normalization under its own batch's statistics, and the values that hold them. */
interface Site {
  node: NodeProto;
  mean: string;
  variance: string;
}

/**
 * Lets the batch normalizations of a graph normalize by the statistics of the batch they see (Ioffe and Szegedy 2015):
 *
 *     Y = BatchNormalization(X, scale, B, mean, var)   becomes   Y, mean', var' = BatchNormalization(..., training_mode = 1)
 *
 * Nodes whose statistics are not constants of the graph stay as they are. Returns how many changed.
 */
export function useBatchStatistics(graph: Graph): number {
  return sitesOf(graph).length;
}

/**
 * Puts the statistics of a trained model's batch normalizations to the means over batches of what each sees there, since those of
 * training are left over from the weights before. In place; returns how many were estimated anew.
 */
export async function estimateStatistics(model: ModelProto, batches: AsyncIterable<HostTensors>, threads: number): Promise<number> {
  const copy = cloneModel(model);
  liftOpset(copy, BUILDER_OPSET);
  const observed = new Graph(copy);
  liftConstants(observed);
  const sites = sitesOf(observed);
  if (sites.length === 0) return 0;
  observed.proto.output.length = 0;
  for (const { mean, variance } of sites) observed.proto.output.push(...[mean, variance].map((value) => makeValueInfo(value, DataType.FLOAT)));
  const session = await Session.create(writeModel(copy), { threads });
  const sums = new Map<string, Float64Array>();
  let count = 0;
  for await (const inputs of batches) {
    for (const [value, { data }] of Object.entries(await session.run(inputs))) addTo(sums, value, data as Float32Array);
    if (++count === BATCHES) break;
  }
  await session.release();
  const graph = new Graph(model);
  liftConstants(graph);
  for (const { node, mean, variance } of count > 0 ? sites : []) {
    for (const [index, value] of [[3, mean], [4, variance]] as const) {
      const average = Float32Array.from(sums.get(value)!, (sum) => sum / count);
      graph.replaceInitializer(floatTensor(node.input[index]!, [average.length], average));
    }
  }
  return sites.length;
}

function sitesOf(graph: Graph): Site[] {
  const found = graph.nodes.filter((node) => node.opType === 'BatchNormalization' && intAttribute(node, 'training_mode', 0) === 0 && [3, 4].every((index) => graph.initializer(node.input[index]!)?.dataType === DataType.FLOAT));
  return found.map((node) => withStatistics(graph, node));
}

/** The node with momentum 0: what it says of the batch is not mixed with what was known before. */
function withStatistics(graph: Graph, node: NodeProto): Site {
  const y = node.output[0]!;
  const [mean, variance] = [graph.freshName(`${y}/mean`), graph.freshName(`${y}/variance`)];
  const replacement = makeNode('BatchNormalization', [...node.input], [y, mean, variance], {}, { name: node.name });
  replacement.attribute = [...node.attribute];
  setAttribute(replacement, 'training_mode', 1);
  setAttribute(replacement, 'momentum', new Float(0));
  graph.addNode(replacement, { before: node });
  graph.removeNode(node);
  return { node: replacement, mean, variance };
}

function addTo(sums: Map<string, Float64Array>, value: string, data: Float32Array): void {
  const known = sums.get(value) ?? new Float64Array(data.length);
  data.forEach((part, i) => (known[i]! += part));
  sums.set(value, known);
}

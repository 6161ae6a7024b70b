import { Session, type HostTensors } from '#inference';
import {
  BUILDER_OPSET,
  DataType,
  Float,
  Graph,
  cloneModel,
  floatTensor,
  intAttribute,
  makeNode,
  makeValueInfo,
  setAttribute,
  writeModel,
  liftOpset,
  type ModelProto,
  type NodeProto,
} from '#onnx';
import { liftConstants } from '../../rewrites/constants.js';

/**
 * Samples that statistics are taken of, at the least: more change them little (Wu and Johnson 2021, "Rethinking
 * Batch").
 */
const SAMPLES = 3200;

/** A batch normalization under its own batch's statistics, and the values that hold them. */
interface Site {
  node: NodeProto;
  mean: string;
  variance: string;
}

/**
 * Lets the batch normalizations of a graph normalize by the statistics of the batch they see (Ioffe and Szegedy 2015):
 *
 *     Y = BatchNormalization(X, scale, B, mean, var)
 *     becomes   Y, mean', var' = BatchNormalization(..., training_mode = 1)
 *
 * Nodes whose statistics are not constants of the graph stay as they are. Returns how many changed.
 */
export function useBatchStatistics(graph: Graph): number {
  return sitesOf(graph).length;
}

/**
 * Puts the statistics of a trained model's batch normalizations to those of all that each sees over the batches, since
 * those of training are left over from the weights before. The variance is that within batches and that between their
 * means: of small batches the first alone falls short. In place; returns how many were estimated anew.
 */
export async function estimateStatistics(
  model: ModelProto,
  batches: AsyncIterable<HostTensors>,
  threads: number,
): Promise<number> {
  const copy = cloneModel(model);
  liftOpset(copy, BUILDER_OPSET);
  const observed = new Graph(copy);
  liftConstants(observed);
  const sites = sitesOf(observed);
  if (sites.length === 0) return 0;
  observed.proto.output.length = 0;
  for (const { mean, variance } of sites)
    observed.proto.output.push(...[mean, variance].map((value) => makeValueInfo(value, DataType.FLOAT)));
  const session = await Session.create(writeModel(copy), { threads });
  const pools = new Map<Site, Pool>();
  let samples = 0;
  for await (const inputs of batches) {
    const count = Object.values(inputs)[0]!.dims[0] ?? 1;
    const results = await session.run(inputs);
    for (const site of sites) addTo(pools, site, results, count);
    samples += count;
    if (samples >= SAMPLES) break;
  }
  await session.release();
  const graph = new Graph(model);
  liftConstants(graph);
  for (const [{ node }, pool] of pools) {
    for (const [i, values] of [pooledMean(pool), pooledVariance(pool)].entries())
      graph.replaceInitializer(floatTensor(node.input[3 + i]!, [values.length], values));
  }
  return sites.length;
}

function sitesOf(graph: Graph): Site[] {
  const found = graph.nodes.filter(
    (node) =>
      node.opType === 'BatchNormalization' &&
      intAttribute(node, 'training_mode', 0) === 0 &&
      [3, 4].every((index) => graph.initializer(node.input[index]!)?.dataType === DataType.FLOAT),
  );
  return found.map((node) => withStatistics(graph, node));
}

/** Whether a graph normalizes by the statistics of each batch, which those of a part are not. */
export function usesBatchStatistics(graph: Graph): boolean {
  return graph.nodes.some(
    (node) => node.opType === 'BatchNormalization' && intAttribute(node, 'training_mode', 0) === 1,
  );
}

/** The node with momentum 0: what it says of the batch is not mixed with what was known before. */
function withStatistics(graph: Graph, node: NodeProto): Site {
  const y = node.output[0]!;
  const [mean, variance] = [graph.freshName(`${y}/mean`), graph.freshName(`${y}/variance`)];
  const outputs = [y, mean, variance];
  const replacement = makeNode('BatchNormalization', [...node.input], outputs, {}, { name: node.name });
  replacement.attribute = [...node.attribute];
  setAttribute(replacement, 'training_mode', 1);
  setAttribute(replacement, 'momentum', new Float(0));
  graph.addNode(replacement, { before: node });
  graph.removeNode(node);
  return { node: replacement, mean, variance };
}

/** Sums over batches, each as often as it has samples. */
interface Pool {
  samples: number;
  means: Float64Array;
  squares: Float64Array;
  variances: Float64Array;
}

function addTo(pools: Map<Site, Pool>, site: Site, results: HostTensors, samples: number): void {
  const read = (value: string) => results[value]!.data as Float32Array;
  const [mean, variance] = [read(site.mean), read(site.variance)];
  const zeros = () => new Float64Array(mean.length);
  const pool = pools.get(site) ?? { samples: 0, means: zeros(), squares: zeros(), variances: zeros() };
  pool.samples += samples;
  for (let i = 0; i < mean.length; i++) {
    pool.means[i]! += samples * mean[i]!;
    pool.squares[i]! += samples * mean[i]! ** 2;
    pool.variances[i]! += samples * variance[i]!;
  }
  pools.set(site, pool);
}

function pooledMean({ samples, means }: Pool): Float32Array {
  return Float32Array.from(means, (sum) => sum / samples);
}

/** E[var] + Var[mean] */
function pooledVariance({ samples, means, squares, variances }: Pool): Float32Array {
  const between = (i: number) => Math.max(0, squares[i]! / samples - (means[i]! / samples) ** 2);
  return Float32Array.from(variances, (sum, i) => sum / samples + between(i));
}

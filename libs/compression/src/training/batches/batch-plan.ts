import type { HostTensors } from '#inference';
import { macsOf, type Graph, type Shapes } from '#onnx';
import type { Division } from '../parallel/divided-runner.js';
import { batchShapes, firstSamples } from './batch-shapes.js';
import { TrainingError } from '../errors.js';
import { usesBatchStatistics } from './batch-statistics.js';
import { fixedBatch } from './flexible-batch.js';
import { observeTrainingShapes } from '../observe.js';

/** What a training step is planned from. */
export interface BatchPlanRequest {
  graph: Graph;
  /** Shapes of the graph's values on a whole batch. */
  shapes: Shapes;
  batchSize: number;
  threads: number;
  /** Memory that the process may use, in MiB; absent for no limit. */
  memoryMb?: number | undefined;
}

/** How a batch is trained on, and the memory it will take. */
export interface BatchPlan extends Division {
  /** Samples of one part: what shapes and losses are for. */
  partSize: number;
  /** Estimate of the peak memory in MiB. */
  estimateMb: number;
}

/**
 * Share of the multiply-accumulates in convolutions from which on sessions side by side are faster than threads in one
 * (measured).
 */
const CONVOLUTION_SHARE = 0.5;
/**
 * Multiply-accumulates of a batch, forward, below which handing parts to another thread costs more than it saves: some
 * 2 ms of work.
 */
const LEAST_MACS = 100e6;
/** Samples of a part below which its kernels lose more than a second session gains. */
const LEAST_SAMPLES = 8;
/**
 * Peak bytes per byte of forward values: they are kept for the way back, where gradients and copies for products join
 * them (measured).
 */
const BYTES_PER_VALUE_BYTE = 3;
/** Vectors as long as the parameters: weights, gradient, optimizer state, old and new. */
const PARAMETER_VECTORS = 12;
/** A process with the runtime loaded and nothing to do. */
const BASE_MB = 200;
/** Share of the allowed memory that the estimate may fill, as it can be that far off. */
const FILL = 0.8;

/**
 * Decides how a batch that the graph can take is divided, from the graph alone: the same graph, threads and memory give
 * the same plan and so the same bytes. A net of convolutions runs in one session per thread on as many parts; any other
 * in one session with all threads. Where the estimate of its memory does not fit, a batch is divided further, and its
 * parts run one after the other.
 */
export function planBatch({ graph, shapes, batchSize, threads, memoryMb }: BatchPlanRequest): BatchPlan {
  const divisors = isWhole(graph) ? [1] : divisorsOf(batchSize);
  const sessions = divisors.findLast((parts) => parts <= threads && isParallel(graph, shapes, batchSize / parts)) ?? 1;
  const neededMb = (parts: number) => estimateMb(graph, shapes, Math.min(1, sessions / parts));
  const fits = (parts: number) => memoryMb === undefined || neededMb(parts) <= FILL * memoryMb;
  const even = divisors.filter((parts) => parts % sessions === 0);
  const parts = even.find((count) => fits(count)) ?? even.at(-1)!;
  const threadsEach = Math.max(1, Math.floor(threads / sessions));
  return { parts, sessions, threads: threadsEach, partSize: batchSize / parts, estimateMb: neededMb(parts) };
}

function divisorsOf(value: number): number[] {
  const candidates = Array.from({ length: value }, (_, i) => i + 1);
  return candidates.filter((divisor) => value % divisor === 0);
}

/** Refuses a plan that is known to take more memory than there is: throws TrainingError with the way out. */
function checkMemory(plan: BatchPlan, { graph, shapes, batchSize, memoryMb = Infinity }: BatchPlanRequest): void {
  if (plan.estimateMb <= memoryMb) return;
  const fits = (samples: number) => estimateMb(graph, shapes, samples / batchSize) <= FILL * memoryMb;
  const smallerSizes = Array.from({ length: batchSize - 1 }, (_, i) => batchSize - 1 - i);
  const smaller = smallerSizes.find(fits);
  const ways = [
    ...(isWhole(graph) && smaller !== undefined && fixedBatch(graph) === null ? [`set batchSize to ${smaller}`] : []),
    ...(usesBatchStatistics(graph) && fits(1)
      ? ['set batchNorm to frozen, which lets a batch be computed in parts']
      : []),
    `give a stage ${Math.ceil(plan.estimateMb / FILL)} MiB (COLDPRESS_STAGE_MEMORY_MB)`,
  ];
  throw new TrainingError(
    `a training step takes about ${plan.estimateMb} MiB, and a stage may use ${memoryMb}: ${ways.join(', or ')}`,
  );
}

/** A plan with what it was made from: the shapes on one part of the batch, and that part's inputs. */
export interface PlannedBatch {
  plan: BatchPlan;
  shapes: Shapes;
  inputs: HostTensors;
}

/**
 * Plans from the inputs of one batch, of which only as many samples are run as the plan leaves room for, and logs the
 * memory that it will take. Throws TrainingError when that is more than there is.
 */
export async function planFromBatch(
  graph: Graph,
  inputs: HostTensors,
  { threads, memoryMb, log }: { threads: number; memoryMb?: number | undefined; log(line: string): void },
): Promise<PlannedBatch> {
  const samples = Object.values(inputs)[0]!.dims[0]!;
  const batchSize = fixedBatch(graph) ?? samples;
  const first = firstSamples(inputs, Math.min(batchSize, samples));
  const request = { graph, shapes: await batchShapes(graph, first, batchSize), batchSize, threads, memoryMb };
  const whole = planBatch(request);
  // A model that takes batches of its own size alone gets them one after the other.
  const plan = { ...whole, parts: (whole.parts * samples) / batchSize };
  checkMemory(plan, request);
  const sessions = `${plan.sessions} session${plan.sessions === 1 ? '' : 's'}`;
  const inParts = `; each batch in ${plan.parts} parts of ${plan.partSize} on ${sessions}`;
  const division = plan.parts === 1 ? '' : inParts;
  log(
    `a training step takes about ${plan.estimateMb} MiB${memoryMb === undefined ? '' : ` of ${memoryMb}`}${division}`,
  );
  const part = plan.parts === 1 ? inputs : firstSamples(inputs, plan.partSize);
  return { plan, shapes: await observeTrainingShapes(graph, part), inputs: part };
}

function isParallel(graph: Graph, shapes: Shapes, partSize: number): boolean {
  const macs = graph.nodes.map((node) => ({
    isConvolution: node.opType === 'Conv' || node.opType === 'ConvTranspose',
    macs: macsOf(node, (value) => shapes.get(value ?? '')) ?? 0,
  }));
  const total = macs.reduce((sum, node) => sum + node.macs, 0);
  const convolutions = macs.reduce((sum, node) => sum + (node.isConvolution ? node.macs : 0), 0);
  return total >= LEAST_MACS && convolutions >= CONVOLUTION_SHARE * total && partSize >= LEAST_SAMPLES;
}

/** Whether a batch must be computed as a whole. */
function isWhole(graph: Graph): boolean {
  return usesBatchStatistics(graph) || fixedBatch(graph) !== null;
}

/** Memory of a step in MiB when `share` of the batch is under way at a time. */
function estimateMb(graph: Graph, shapes: Shapes, share: number): number {
  const floats = (values: readonly string[]) => values.reduce((sum, value) => sum + size(shapes.get(value) ?? [0]), 0);
  const bytes = (values: readonly string[]) => 4 * floats(values);
  const results = graph.nodes.flatMap((node) => node.output);
  const activations = bytes([...graph.inputs.map(({ name }) => name), ...results]);
  const parameters = bytes(graph.proto.initializer.map(({ name }) => name));
  return Math.round(
    BASE_MB + (activations * share * BYTES_PER_VALUE_BYTE + parameters * PARAMETER_VECTORS) / 1024 ** 2,
  );
}

function size(dims: readonly number[]): number {
  return dims.reduce((product, dim) => product * dim, 1);
}

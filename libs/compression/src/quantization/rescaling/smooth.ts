import { Session } from '#inference';
import type { Skipped } from '#contracts';
import { cloneModel, Graph, GraphBuilder, ownName, writeModel, type ModelProto, elementOf } from '#onnx';
import { answerOnly } from '../../rewrites/answer-only.js';
import type { CalibrationRun } from '../calibration/calibrate.js';
import type { Batches } from '../../calibration-data.js';
import { channelPeaks, scaleChannels } from './channel-scales.js';
import type { Layer } from '../layers/layers.js';
import { findScaleSites, type ScaleSite } from './scale-sites.js';

/**
 * Smallest peak that counts, relative to the largest of its value: a channel that hardly moves must not be blown up.
 */
const LEAST_PEAK = 1e-5;

/**
 * SmoothQuant (Xiao et al. 2023, equation 4): outlier channels of the activations ahead of matrix products are divided
 * by s = max|X|^α / max|W|^(1−α) in the norm or layer that makes them, and the weights multiplied by it. The model's
 * function stays the same.
 *
 *     LayerNormalization(X, g, b) -> MatMul(W)   becomes   LayerNormalization(X, g / s, b / s) -> MatMul(W · s)
 *
 * Changes the weights in place; {@link unsmoothable} layers stay as they are.
 */
export async function smoothLayers(
  graph: Graph,
  layers: readonly Layer[],
  alpha: number,
  batches: Batches,
  run: CalibrationRun,
): Promise<void> {
  const { sites } = findScaleSites(graph, products(layers));
  const peaks = await activationPeaks(graph.model, sites, batches, run);
  sites.forEach((site, i) =>
    scaleChannels(
      graph,
      site,
      smoothingFactors(
        peaks[i]!,
        channelPeaks(
          graph,
          site.channels,
          site.readers.map(({ weight }) => weight),
        ),
        alpha,
      ),
    ),
  );
}

/**
 * The layers whose input cannot be smoothed, and why. Convolutions are no matter of smoothing: equalization takes them.
 */
export function unsmoothable(graph: Graph, layers: readonly Layer[]): Skipped[] {
  return findScaleSites(graph, products(layers)).skipped.map(({ reason, ...rest }) => ({
    ...rest,
    reason: `its input is not smoothed: ${reason}`,
  }));
}

function products(layers: readonly Layer[]): Layer[] {
  return layers.filter(({ node }) => node.opType !== 'Conv');
}

/** s = max|X|^α / max|W|^(1−α) in each channel; 1 where one of the two is nothing. */
export function smoothingFactors(activations: Float64Array, weights: Float64Array, alpha: number): Float64Array {
  const least = LEAST_PEAK * activations.reduce((most, peak) => Math.max(most, peak), 0);
  return activations.map((peak, channel) => {
    const weight = weights[channel]!;
    return peak === 0 || weight === 0 ? 1 : Math.max(peak, least) ** alpha / weight ** (1 - alpha);
  });
}

/** Largest magnitude of each site's channels on the data. */
async function activationPeaks(
  model: ModelProto,
  sites: readonly ScaleSite[],
  batches: Batches,
  run: CalibrationRun,
): Promise<Float64Array[]> {
  const peaks = sites.map(({ channels }) => new Float64Array(channels));
  if (sites.length === 0) return peaks;
  const { model: peakModel, outputs } = peakGraph(model, sites);
  const session = await Session.create(writeModel(peakModel), { threads: run.threads });
  const wanted = new Set(session.inputs.map(({ name }) => name));
  try {
    for await (const batch of batches()) {
      const results = await session.run(Object.fromEntries(Object.entries(batch).filter(([name]) => wanted.has(name))));
      sites.forEach(({ inner }, i) =>
        (results[elementOf(outputs, i, 'outputs')]!.data as Float32Array).forEach((peak, component) => {
          const channel = Math.floor(component / inner);
          peaks[i]![channel] = Math.max(peaks[i]![channel]!, peak);
        }),
      );
    }
  } finally {
    await session.release();
  }
  return peaks;
}

function peakGraph(source: ModelProto, sites: readonly ScaleSite[]): { model: ModelProto; outputs: string[] } {
  const graph = new Graph(cloneModel(source));
  const b = new GraphBuilder(ownName('peaks:'));
  const outputs = sites.map(({ value, channels, inner }) => {
    const rows = b.op('Abs', [b.op('Reshape', [value, b.ints([-1, channels * inner])])]);
    // The axes of ReduceMax moved from attribute to input with opset 18.
    const largest =
      graph.opset() >= 18
        ? b.op('ReduceMax', [rows, b.ints([0])], { keepdims: 0 })
        : b.op('ReduceMax', [rows], { axes: [0], keepdims: 0 });
    return b.output(largest, [channels * inner]);
  });
  answerOnly(graph, b);
  return { model: graph.model, outputs };
}

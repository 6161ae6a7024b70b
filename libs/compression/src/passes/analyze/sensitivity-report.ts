import { elementOf } from '#onnx';
import { linePlot } from '#evaluation';
import type { LayerSensitivity, WidthCost } from '../../quantization/mixed/sensitivity.js';
import { noiseOf } from '../../quantization/mixed/sensitivity.js';

/** A layer's costs by width and, where asked for, of its input on the uint8 grid. */
export interface AnalyzedLayer extends LayerSensitivity {
  activation?: Pick<WidthCost, 'outputSnrDb' | 'top1Drop'>;
}

/** Layers that a verdict names at each width. */
const NAMED = 3;

/** A layer that causes less of the noise than this is not named. */
const LEAST_SHARE = 0.05;

/** SNR of the outputs against the layer's place in the graph, a line per width; a layer without loss has no mark. */
export function layerSensitivityPlot(layers: readonly AnalyzedLayer[]): string {
  const widths = layers[0]?.widths.map(({ bits }) => bits) ?? [];
  const weights = widths.map((bits, w) => ({
    name: `weight at ${bits} bits`,
    points: layers.map((layer, i) => [i + 1, elementOf(layer.widths, w, 'widths').outputSnrDb ?? NaN] as const),
  }));
  const snrs = layers.map(({ activation }, i) => [i + 1, activation?.outputSnrDb ?? NaN] as const);
  const isMeasured = layers.some(({ activation }) => activation);
  const inputs = isMeasured ? [{ name: 'input at 8 bits', points: snrs }] : [];
  return linePlot({
    title: 'One layer quantized, all others float',
    xLabel: 'layer, in order of execution',
    yLabel: 'SNR of the outputs, dB',
    series: [...weights, ...inputs],
  });
}

/** Which layers cause the loss, in words: at each width, their shares of the noise that all layers together add. */
export function sensitivityVerdict(layers: readonly AnalyzedLayer[]): string {
  if (layers.length === 0) return 'there is no layer to quantize';
  const widths = elementOf(layers, 0, 'layers').widths.map(({ bits }, w) => {
    const costs = layers.map((layer) => elementOf(layer.widths, w, 'widths'));
    return costliest(`weights at ${bits} bits`, layers, costs);
  });
  const ofInputs = layers.map(({ activation }) => ({ weightSnrDb: undefined, outputSnrDb: undefined, ...activation }));
  const areMeasured = layers.every(({ activation }) => activation);
  const activations = areMeasured ? [costliest('inputs at 8 bits', layers, ofInputs)] : [];
  return [...widths, ...activations].join('; ');
}

function costliest(
  what: string,
  layers: readonly AnalyzedLayer[],
  costs: readonly Pick<WidthCost, 'weightSnrDb' | 'outputSnrDb' | 'top1Drop'>[],
): string {
  const without = costs.filter(({ outputSnrDb }) => outputSnrDb === undefined).length;
  if (without === costs.length && without > 0)
    return `${what}: not measured, for the outputs have no signal to noise on this data`;
  const noises = costs.map(noiseOf);
  const total = noises.reduce((sum, noise) => sum + noise, 0);
  if (total === 0) return `${what}: nothing is lost`;
  const ranked = noises
    .map((noise, i) => ({
      node: elementOf(layers, i, 'layers').node,
      share: noise / total,
      cost: elementOf(costs, i, 'costs'),
    }))
    .toSorted((a, b) => b.share - a.share);
  const named = ranked.slice(0, NAMED).filter(({ share }, i) => i === 0 || share >= LEAST_SHARE);
  const causes = named.map(({ node, share, cost }) => `${node} causes ${percent(share)} of the noise${lossOf(cost)}`);
  return `${what}: ${causes.join(', ')}`;
}

function lossOf({ outputSnrDb, top1Drop }: Pick<WidthCost, 'outputSnrDb' | 'top1Drop'>): string {
  const snr = typeof outputSnrDb === 'number' ? `${outputSnrDb.toFixed(1)} dB` : '';
  const drop = top1Drop ? `top-1 ${percent(-top1Drop, 2)}` : '';
  const facts = [snr, drop].filter((fact) => fact !== '');
  return facts.length > 0 ? ` (${facts.join(', ')})` : '';
}

function percent(share: number, digits = 0): string {
  return `${(100 * share).toFixed(digits)} %`;
}

import type { QuantizeOptions, Skipped } from '#contracts';
import { nodeLabel, DataType, floatTensor, makeNode, makeTensor, type Graph } from '#onnx';
import { BiasCorrection } from '../rounding/bias-correction.js';
import {
  channelLayout,
  channelMaxima,
  dequantizeSymmetric,
  quantizeSymmetric,
  snrDb,
  symmetricScales,
} from '../grid/arithmetic.js';
import type { Layer } from '../layers/layers.js';
import { layerMatrix, plainProductRefusal, replaceProduct } from '../layers/matrix.js';
import { layersInScope } from '../layers/scope.js';
import { prepareRefinements } from '../rounding/refinements.js';
import type { LayerReport } from '../report.js';
import { DONE_BY, type BatchesOf, type QuantizationRun } from '../run.js';
import type { Plan } from '../layers/plan.js';
import { refuseWithoutData } from '../calibration/known-ranges.js';
import { smoothLayers } from '../rescaling/smooth.js';
import { storeAside } from '../emit/store-aside.js';
import { leftAlone } from '../../left-alone.js';
import type { Scheme } from './scheme.js';
import { gridEnds } from '../grid/weight-grid.js';

/**
 * Why dynamic quantization leaves convolutions alone, measured: ConvInteger runs at 0.11 to 0.15 of the float speed.
 */
const CONV_REFUSAL = 'a convolution on activations measured at run time is slower than in floats: use scheme static';

/** Matrices as int8, with ranges of activations that are measured at run time. */
export const dynamicScheme: Scheme = {
  select(graph, options) {
    const found = layersInScope(graph, { ...options, minProducts: 0 });
    const { layers, skipped } = selectDynamic(found.layers);
    return { found, layers, refused: skipped };
  },

  async apply(plan, options, batches, run) {
    if (options.smoothing !== undefined) await smooth(plan, options.smoothing, batches, run);
    run.work?.begin('statistics of layers', DONE_BY.statistics);
    const { biases } = await prepareRefinements(plan, options, batches && batches(plan, run.work), run);
    const layers = quantizeDynamic(plan.graph, plan.layers, options, biases);
    const aside = (await storeAside(plan, options, run)).map(({ report }) => report);
    return { layers: [...aside, ...layers], skipped: [...plan.skipped, ...biases.skipped] };
  },
};

/** Smoothing for a scheme that needs no data otherwise. */
async function smooth(plan: Plan, alpha: number, batches: BatchesOf | null, run: QuantizationRun): Promise<void> {
  if (!batches) return refuseWithoutData({ smoothing: alpha });
  run.work?.begin('smoothing', DONE_BY.smoothing);
  await smoothLayers(plan.graph, plan.layers, alpha, batches(plan, run.work), run);
}

/** Splits layers into those that dynamic quantization takes and those it leaves, with reasons. */
export function selectDynamic(layers: readonly Layer[]): { layers: Layer[]; skipped: Skipped[] } {
  const refusal = (layer: Layer) => (layer.node.opType === 'Conv' ? CONV_REFUSAL : plainProductRefusal(layer));
  const skipped = layers.flatMap((layer): Skipped[] => {
    const reason = refusal(layer);
    return reason === null ? [] : [leftAlone(layer.node, reason)];
  });
  return { layers: layers.filter((layer) => refusal(layer) === null), skipped };
}

/**
 * Stores matrices as int8 and measures activation ranges at run time; needs no calibration data.
 *
 *     Gemm(X, W, B)   becomes   DynamicQuantizeLinear(X) -> MatMulInteger(W_int8) -> Cast -> Mul(scale) -> Add(B)
 */
export function quantizeDynamic(
  graph: Graph,
  layers: readonly Layer[],
  options: QuantizeOptions,
  biases = new BiasCorrection(graph, null),
): LayerReport[] {
  const shared: Shared = { measured: new Map(), stored: new Map() };
  return layers.map((layer) => quantizeLayer(graph, layer, options, shared, biases));
}

/**
 * What layers have in common: measured activations by value, and the names of stored weights and scales by weight and
 * orientation.
 */
interface Shared {
  measured: Map<string, string[]>;
  stored: Map<string, [integers: string, scale: string]>;
}

function quantizeLayer(
  graph: Graph,
  layer: Layer,
  options: QuantizeOptions,
  shared: Shared,
  biases: BiasCorrection,
): LayerReport {
  const { node, weight, input } = layer;
  const { values, rows, columns } = layerMatrix(graph, layer);
  const [, limit] = gridEnds(options);
  const layout = channelLayout([rows, columns], options.perChannel ? 1 : null);
  const scales = symmetricScales(channelMaxima(values, layout), limit);
  const integers = quantizeSymmetric(values, layout, scales, limit);
  const add = (opType: string, inputs: string[], hint: string, attributes = {}) => {
    const output = graph.freshName(`${node.output[0]}_${hint}`);
    graph.addNode(
      makeNode(opType, inputs, [output], attributes, { name: graph.freshName(`${node.output[0]}_${opType}`) }),
      { before: node },
    );
    return output;
  };
  const key = JSON.stringify([weight, layer.axis]);
  const [stored, scale] = shared.stored.get(key) ?? [
    graph.addInitializer(makeTensor(graph.freshName(`${weight}_quantized`), DataType.INT8, [rows, columns], integers))
      .name,
    graph.addInitializer(floatTensor(graph.freshName(`${weight}_scale`), options.perChannel ? [columns] : [], scales))
      .name,
  ];
  shared.stored.set(key, [stored, scale]);
  const [quantized, inputScale, inputZero] = measure(graph, layer, shared.measured);
  const sums = add('Cast', [add('MatMulInteger', [quantized!, stored, inputZero!], 'sums')], 'float', {
    to: DataType.FLOAT,
  });
  const corrected = biases.correct(layer, values, dequantizeSymmetric(integers, layout, scales), 1);
  replaceProduct(graph, corrected, add('Mul', [sums, add('Mul', [inputScale!, scale], 'step')], 'product'));
  return {
    node: nodeLabel(node),
    opType: node.opType,
    input,
    bits: 8,
    scaleMin: Math.min(...scales),
    scaleMax: Math.max(...scales),
    weightSnrDb: snrDb(values, dequantizeSymmetric(integers, layout, scales)),
  };
}

/** One DynamicQuantizeLinear per activation, however many layers read it. */
function measure(graph: Graph, { node, input }: Layer, measured: Map<string, string[]>): string[] {
  const known = measured.get(input);
  if (known) return known;
  const outputs = ['quantized', 'scale', 'zero_point'].map((part) => graph.freshName(`${input}_${part}`));
  const name = graph.freshName(`${input}_DynamicQuantizeLinear`);
  graph.addNode(makeNode('DynamicQuantizeLinear', [input], outputs, {}, { name }), { before: node });
  measured.set(input, outputs);
  return outputs;
}

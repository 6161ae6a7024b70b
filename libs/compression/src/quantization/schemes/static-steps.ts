import { inputOf, known, outputOf, writeModel } from '#onnx';
import { mergeEqual } from '../../rewrites/merge-equal.js';
import { poolBeforeRelu } from '../../rewrites/pool-before-relu.js';
import { poolMeans } from '../../rewrites/pool-means.js';
import { calibrate, decideRanges } from '../calibration/calibrate.js';
import { chooseObserved } from '../calibration/choose-methods.js';
import { findUnused } from '../calibration/known-encodings.js';
import { knownRanges, unknownValues } from '../calibration/known-ranges.js';
import { alignConcats } from '../emit/concat-ranges.js';
import { fusionContext, giveFusibleForm } from '../emit/fusible-form.js';
import { putOnGrids } from '../emit/grids.js';
import { fixedRanges, placePairs } from '../emit/placement.js';
import { firstBatches } from '../evidence/first-batches.js';
import { INT8_COMPANIONS, movesElements } from '../emit/int8-readers.js';
import { layerEvidence } from '../evidence/layer-evidence.js';
import { copyLayers } from '../layers/layered-graph.js';
import { chooseWidths } from '../mixed/choose-widths.js';
import { unlabelledEvidence } from '../mixed/evidence.js';
import { widthGoal } from '../mixed/width-goal.js';
import { smoothLayers } from '../rescaling/smooth.js';
import { prepareRefinements } from '../rounding/refinements.js';
import { DONE_BY } from '../run.js';
import type { StaticWork } from './static-work.js';

/** Puts operators in the order and form that the runtime's fusions look for. */
export async function shapeForFusion({ graph, plan, layers, batches }: StaticWork): Promise<void> {
  const chosen = new Set(layers.map(({ node }) => node));
  const convolutionsLeft = graph.nodes.filter((node) => node.opType === 'Conv' && !chosen.has(node));
  for (const node of convolutionsLeft) poolBeforeRelu(graph, node);
  mergeEqual(graph, (node) => movesElements(node) || INT8_COMPANIONS.has(node.opType));
  for (const layer of plan.layers) layer.input = inputOf(layer.node, 0);
  poolMeans(graph);
  giveFusibleForm(graph, layers, await fusionContext(graph, layers, batches));
}

/** Moves outliers of activations into weights, where the options ask for it. */
export async function smooth({ graph, layers, options, batches, run }: StaticWork): Promise<void> {
  if (options.smoothing === undefined) return;
  run.work?.begin('smoothing', DONE_BY.smoothing);
  await smoothLayers(graph, layers, options.smoothing, batches, run);
}

/**
 * Copies the model as it is: what it computes is what the result should. An output that a rewrite renamed goes by its
 * new name in both.
 */
export function keepFloatModel(work: StaticWork): void {
  const { graph, layers } = work;
  work.float = copyLayers(graph, layers);
  for (const entry of work.inWork) if (!graph.producer(entry.output)) entry.output = outputOf(entry.layer.node);
}

/** Decides what the options leave to `auto`. */
export async function chooseAutoMethods(work: StaticWork): Promise<void> {
  const { graph, layers, options, batches, run } = work;
  run.work?.begin('choosing methods', DONE_BY.methods);
  const { choice, observed } = await chooseObserved({ graph, layers }, options, batches, run);
  work.methods = choice;
  work.observed = observed;
  const { calibration, biasCorrection } = choice;
  work.decided = { calibration, biasCorrection };
}

/** Finds the values that are put on a grid. */
export function placeGridPairs(work: StaticWork): void {
  work.sites = placePairs(work.graph, work.layers);
}

/** Measures the ranges that the options do not bring with them, unless choosing a method did. */
export async function calibrateActivations(work: StaticWork): Promise<void> {
  const { graph, sites, options, decided, data, batches, run, observed, encodings } = work;
  const [given, fixed] = [new Map([...encodings.ranges, ...knownRanges(options)]), fixedRanges(sites)];
  const sources = new Set(sites.map(({ source }) => source));
  const open = [...sources].filter((source) => !fixed.has(source));
  const unknown = unknownValues(open, given, data !== null);
  run.work?.begin('calibrating', DONE_BY.calibration);
  const isObserved = observed !== null && decided.calibration !== 'movingAverage';
  const measured = isObserved
    ? decideRanges(observed, { ...options, ...decided })
    : await calibrate(graph.model, unknown, batches, { ...options, ...decided, ...run });
  const ranges = new Map([...fixed, ...given, ...measured]);
  work.ranges = alignConcats(graph, sites, ranges, new Set(given.keys()));
}

/** Takes the statistics that rounding and bias correction go by. */
export async function learnRefinements(work: StaticWork): Promise<void> {
  const { graph, layers, weightsOnly, options, decided, data, run } = work;
  const refined = [...layers, ...weightsOnly];
  if (refined.length === 0) return;
  run.work?.begin('statistics of layers', DONE_BY.statistics);
  work.refinements = await prepareRefinements({ graph, layers: refined }, { ...options, ...decided }, data, run);
}

/** Inserts the pairs; layers learn the scale that they read, the report its activations. */
export function putActivationsOnGrids(work: StaticWork): void {
  const { graph, layers, sites, ranges, options, encodings } = work;
  const grids = putOnGrids(graph, layers, sites, ranges, { ...options, sourceBits: encodings.activationBits });
  const rangeOf = (source: string) => known(ranges, source, 'the range');
  for (const entry of work.inWork) {
    entry.inputScale = grids.inputScaleOf(entry.layer);
    entry.inputSaturation = rangeOf(grids.sourceOf(entry.layer)).saturation;
  }
  work.activations = [...grids.bySource].map(([value, grid]) => ({ value, ...rangeOf(value), ...grid }));
}

/** Chooses a width for each layer, where the options ask for it. */
export async function mixWidths(work: StaticWork): Promise<void> {
  const { graph, layers, float, batches, run, options } = work;
  if (!options.mixed) return;
  const settings = { ...options, random: work.random };
  const floatBytes = run.floatBytes ?? writeModel(float.graph.model).length;
  const goal = await widthGoal(options.mixed, graph, layers, floatBytes, settings);
  const evidence = run.evidence ?? unlabelledEvidence(batches);
  const trials = { samples: options.mixed.samples, threads: run.threads, work: run.work };
  work.mixed = await chooseWidths({ float, gridded: { graph, layers } }, goal, settings, evidence, trials);
}

/** Tells what of the encodings given came to no use. */
export function tellUnusedEncodings({ encodings, sites, unusedEncodings, skipped }: StaticWork): void {
  findUnused(encodings, sites, unusedEncodings);
  skipped.push(...unusedEncodings.skipped);
}

/** Removes what the result no longer reads. */
export function sweep({ graph }: StaticWork): void {
  graph.removeDeadCode();
}

/** Adds to each row how near its node comes to the float model's. */
export async function compareLayers(work: StaticWork): Promise<void> {
  const { data, run, float, graph, aside, inWork, weightsOnly, rows } = work;
  run.work?.begin('comparing layers', DONE_BY.layers);
  if (!data || run.heldOut === null || rows.length === 0) return;
  const inFloats = weightsOnly.map((layer) => ({ layer, output: outputOf(layer.node) }));
  const quantized = { graph, layers: [...inWork, ...inFloats], aside };
  const evidence = await layerEvidence(float.graph.model, quantized, firstBatches(run.heldOut ?? data, run.work), run);
  for (const row of rows) row.report = { ...row.report, ...evidence.get(row.node) };
}

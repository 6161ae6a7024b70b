import type { QuantizeOptions } from '#contracts';
import { mulberry32 } from '#datasets';
import { combinedSnrDb, OutputComparison } from '#evaluation';
import { writeModel } from '#onnx';
import { BiasCorrection } from '../rounding/bias-correction.js';
import {
  decideRanges,
  measureHistograms,
  measureRanges,
  type CalibrationRun,
  type Observations,
  type RangeMethod,
} from './calibrate.js';
import type { Batches } from '../../calibration-data.js';
import { putOnGrids } from '../emit/grids.js';
import { knownRanges } from './known-ranges.js';
import { copyLayers, type LayeredGraph } from '../layers/layered-graph.js';
import { measureMoments, type InputMoments } from './moments.js';
import { addOutputs } from '../evidence/output-check.js';
import { placePairs } from '../emit/placement.js';
import { WeightStore } from '../emit/weight-store.js';

/** What `auto` leaves open. */
export interface Methods {
  calibration: RangeMethod;
  biasCorrection: boolean;
}

/** The methods taken, and what each tried one left of the outputs of the batches held out. */
export interface MethodChoice extends Methods {
  tried: (Methods & { heldOutSnrDb: number | null })[];
}

/** Taken where there is too little data to hold any out. */
export const PLAIN: Methods = { calibration: 'percentile', biasCorrection: false };

/** Ways to choose ranges that none of the others beats on all of the published models, the most reliable first. */
const RANGE_METHODS: readonly RangeMethod[] = ['percentile', 'minmax', 'entropy'];

/** What a method must win over a more reliable one, dB: less is chance on a few dozen samples. */
const LEAST_GAIN_DB = 1;

/** Parts that the batches are dealt into: each is judged on by what was fitted on the others. */
const FOLDS = 2;

/** Batches that a part has at least. */
const LEAST_BATCHES = 2;

/**
 * Decides what the options leave to `auto` by cross-validation: fitted on one half of the calibration batches and
 * judged by the outputs' signal to noise on the other, both ways. Ranges are tried with corrected biases, since a shift
 * hides what they are worth, and the best of them then without, which stays unless correction wins. Weights are rounded
 * to nearest for it.
 */
export async function chooseMethods(
  subject: LayeredGraph,
  options: QuantizeOptions,
  batches: Batches,
  run: TrialRun,
): Promise<MethodChoice> {
  const { calibration, biasCorrection } = options;
  const given: Methods = {
    calibration: calibration === 'auto' ? PLAIN.calibration : calibration,
    biasCorrection: biasCorrection === 'auto' ? PLAIN.biasCorrection : biasCorrection,
  };
  const values = openSources(subject, options);
  const isOpen = calibration === 'auto' && values.length > 0;
  const isDecided = !isOpen && biasCorrection !== 'auto';
  if (isDecided || !(await hasBatches(batches, FOLDS * LEAST_BATCHES))) return { ...given, tried: [] };
  const trial = await MethodTrial.prepare(subject, options, batches, run);
  const ranked: Methods[] = (isOpen ? RANGE_METHODS : [given.calibration]).map((method) => ({
    calibration: method,
    biasCorrection: biasCorrection !== false,
  }));
  let best = await trial.best(ranked);
  if (best && biasCorrection === 'auto') best = await trial.best([{ ...best, biasCorrection: false }, best]);
  return { ...(best ?? given), tried: trial.tried };
}

type TrialRun = CalibrationRun & { seed: number };

/** What was learnt from all parts but one, and that one. */
interface Fold {
  observed: Observations;
  moments: ReadonlyMap<string, InputMoments>;
  heldOut: Batches;
}

class MethodTrial {
  readonly tried: MethodChoice['tried'] = [];

  private constructor(
    private readonly subject: LayeredGraph,
    private readonly options: QuantizeOptions,
    private readonly folds: readonly Fold[],
    private readonly run: TrialRun,
  ) {}

  static async prepare(
    subject: LayeredGraph,
    options: QuantizeOptions,
    batches: Batches,
    run: TrialRun,
  ): Promise<MethodTrial> {
    const {
      graph: { model },
      layers,
    } = subject;
    const values = openSources(subject, options);
    const folds: Fold[] = [];
    for (let fold = 0; fold < FOLDS; fold++) {
      const fit = everyBatch(batches, (i) => i % FOLDS !== fold);
      const ranges = await measureRanges(model, values, fit, run);
      const histograms = await measureHistograms(model, ranges, fit, run);
      const moments =
        options.biasCorrection === false
          ? new Map<string, InputMoments>()
          : await measureMoments(model, layers, fit, run, { withSecond: false });
      folds.push({
        observed: { ranges, histograms },
        moments,
        heldOut: everyBatch(batches, (i) => i % FOLDS === fold),
      });
    }
    return new MethodTrial(subject, options, folds, run);
  }

  /**
   * The best of some methods, the most reliable first, each of which must win something over those before; null where
   * nothing can be measured.
   */
  async best(ranked: readonly Methods[]): Promise<Methods | null> {
    let best: { methods: Methods; snrDb: number } | null = null;
    for (const methods of ranked) {
      const snrDb = await this.heldOutSnrDb(methods);
      if (snrDb !== undefined && (!best || snrDb >= best.snrDb + LEAST_GAIN_DB)) best = { methods, snrDb };
    }
    return best && best.methods;
  }

  /** Infinite where the outputs are identical, undefined where there is nothing to compare. */
  private async heldOutSnrDb(methods: Methods): Promise<number | undefined> {
    const known = this.tried.find(
      (tried) => tried.calibration === methods.calibration && tried.biasCorrection === methods.biasCorrection,
    );
    if (known) return known.heldOutSnrDb ?? Infinity;
    const comparison = new OutputComparison();
    const float = writeModel(this.subject.graph.model);
    for (const fold of this.folds)
      await addOutputs(comparison, float, await this.quantized(methods, fold), fold.heldOut, this.run.threads);
    const heldOutSnrDb = combinedSnrDb(comparison.qualities());
    if (heldOutSnrDb === undefined) return undefined;
    this.tried.push({ ...methods, heldOutSnrDb });
    return heldOutSnrDb ?? Infinity;
  }

  private async quantized(methods: Methods, { observed, moments }: Fold): Promise<Uint8Array> {
    const { graph, layers } = copyLayers(this.subject.graph, this.subject.layers);
    const { inputScaleOf } = putOnGrids(
      graph,
      layers,
      placePairs(graph, layers),
      new Map([...decideRanges(observed, { ...this.options, ...methods }), ...knownRanges(this.options)]),
      this.options,
    );
    const store = new WeightStore(
      graph,
      { ...this.options, random: mulberry32(this.run.seed) },
      undefined,
      new BiasCorrection(graph, methods.biasCorrection ? moments : null),
    );
    for (const layer of layers) await store.quantize(layer, layer.bits ?? this.options.weightBits, inputScaleOf(layer));
    graph.removeDeadCode();
    return writeModel(graph.model);
  }
}

/** The values whose ranges a method decides. */
function openSources({ graph, layers }: LayeredGraph, options: QuantizeOptions): string[] {
  const known = knownRanges(options);
  return [...new Set(placePairs(graph, layers).map(({ source }) => source))].filter((value) => !known.has(value));
}

function everyBatch(batches: Batches, isWanted: (i: number) => boolean): Batches {
  return async function* wanted() {
    let i = 0;
    for await (const batch of batches()) if (isWanted(i++)) yield batch;
  };
}

async function hasBatches(batches: Batches, count: number): Promise<boolean> {
  let seen = 0;
  for await (const _batch of batches()) if (++seen >= count) return true;
  return false;
}

import type { QuantizeOptions } from '#contracts';
import { combinedSnrDb, OutputComparison } from '#evaluation';
import { Session } from '#inference';
import { seededRandom } from '#numbers';
import { elementOf, writeModel } from '#onnx';
import { BiasCorrection } from '../rounding/bias-correction.js';
import {
  decideRanges,
  observeInParts,
  type CalibratedRange,
  type CalibrationRun,
  type Observations,
  type RangeMethod,
} from './calibrate.js';
import type { Batches } from '../../calibration-data.js';
import { alignConcats } from '../emit/concat-ranges.js';
import { putOnGrids } from '../emit/grids.js';
import { knownRanges } from './known-ranges.js';
import { copyLayers, type LayeredGraph } from '../layers/layered-graph.js';
import { measureMoments, type InputMoments } from './moments.js';
import { FloatAnswers } from '../evidence/float-answers.js';
import { GridCache } from '../emit/grid-cache.js';
import { fixedRanges, placePairs, type PairSite } from '../emit/placement.js';
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
  return (await chooseObserved(subject, options, batches, run)).choice;
}

/** The same with what was observed on the way of all of the data; null where nothing was to be tried. */
export async function chooseObserved(
  subject: LayeredGraph,
  options: QuantizeOptions,
  batches: Batches,
  run: TrialRun,
): Promise<{ choice: MethodChoice; observed: Observations | null }> {
  const { calibration, biasCorrection } = options;
  const given: Methods = {
    calibration: calibration === 'auto' ? PLAIN.calibration : calibration,
    biasCorrection: biasCorrection === 'auto' ? PLAIN.biasCorrection : biasCorrection,
  };
  const values = openSources(subject, options);
  const isOpen = calibration === 'auto' && values.length > 0;
  const isDecided = !isOpen && biasCorrection !== 'auto';
  if (isDecided || !(await hasBatches(batches, FOLDS * LEAST_BATCHES)))
    return { choice: { ...given, tried: [] }, observed: null };
  const trial = await MethodTrial.prepare(subject, options, batches, run);
  const open = isOpen ? RANGE_METHODS : [given.calibration];
  const isCorrected = biasCorrection !== false;
  const ranked = open.map((calibration): Methods => ({ calibration, biasCorrection: isCorrected }));
  try {
    let best = await trial.best(ranked);
    if (best && biasCorrection === 'auto') best = await trial.best([{ ...best, biasCorrection: false }, best]);
    return { choice: { ...(best ?? given), tried: trial.tried }, observed: trial.observed };
  } finally {
    await trial.release();
  }
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
  /** Rounded weights are the same in each trial. */
  private readonly grids = new GridCache();

  private constructor(
    private readonly subject: LayeredGraph,
    private readonly options: QuantizeOptions,
    private readonly folds: readonly Fold[],
    /** On all of the data. */
    readonly observed: Observations,
    private readonly float: FloatAnswers,
    private readonly run: TrialRun,
  ) {}

  static async prepare(
    subject: LayeredGraph,
    options: QuantizeOptions,
    batches: Batches,
    run: TrialRun,
  ): Promise<MethodTrial> {
    const { graph, layers } = subject;
    const values = openSources(subject, options);
    const { parts, whole } = await observeInParts(graph.model, values, batches, run, FOLDS);
    const folds: Fold[] = [];
    for (let fold = 0; fold < FOLDS; fold++) {
      const fit = everyBatch(batches, (i) => i % FOLDS !== fold);
      const moments =
        options.biasCorrection === false
          ? new Map<string, InputMoments>()
          : await measureMoments(graph.model, layers, fit, run, { withSecond: false });
      const heldOut = everyBatch(batches, (i) => i % FOLDS === fold);
      folds.push({ observed: elementOf(parts, (fold + 1) % FOLDS, 'parts'), moments, heldOut });
    }
    const float = await FloatAnswers.create(writeModel(graph.model), run.threads);
    return new MethodTrial(subject, options, folds, whole, float, run);
  }

  release(): Promise<void> {
    return this.float.release();
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
    for (const fold of this.folds) {
      const session = await Session.create(await this.quantized(methods, fold), { threads: this.run.threads });
      try {
        for await (const { feeds, answer } of this.float.on(fold.heldOut))
          comparison.add(await session.run(feeds), answer);
      } finally {
        await session.release();
      }
    }
    const heldOutSnrDb = combinedSnrDb(comparison.qualities());
    if (heldOutSnrDb === undefined) return undefined;
    this.tried.push({ ...methods, heldOutSnrDb });
    return heldOutSnrDb ?? Infinity;
  }

  private async quantized(methods: Methods, { observed, moments }: Fold): Promise<Uint8Array> {
    const { graph, layers } = copyLayers(this.subject.graph, this.subject.layers);
    const sites = placePairs(graph, layers);
    const decided = decideRanges(observed, { ...this.options, ...methods });
    const settled = settledRanges(sites, this.options);
    const ranges = alignConcats(graph, sites, new Map([...decided, ...settled]), new Set(settled.keys()));
    const { inputScaleOf } = putOnGrids(graph, layers, sites, ranges, this.options);
    const options = { ...this.options, random: seededRandom(this.run.seed) };
    const correction = new BiasCorrection(graph, methods.biasCorrection ? moments : null);
    const store = new WeightStore(graph, options, undefined, correction, this.grids);
    const tell = this.run.work?.walk(layers.length, 'layer');
    for (const [i, layer] of layers.entries()) {
      await store.quantize(layer, layer.bits ?? this.options.weightBits, inputScaleOf(layer));
      tell?.(i + 1);
    }
    graph.removeDeadCode();
    return writeModel(graph.model);
  }
}

/** The values whose ranges a method decides. */
function openSources({ graph, layers }: LayeredGraph, options: QuantizeOptions): string[] {
  const sites = placePairs(graph, layers);
  const settled = settledRanges(sites, options);
  return [...new Set(sites.map(({ source }) => source))].filter((value) => !settled.has(value));
}

/** Ranges that no data decides. */
function settledRanges(sites: readonly PairSite[], options: QuantizeOptions): Map<string, CalibratedRange> {
  return new Map([...fixedRanges(sites), ...knownRanges(options)]);
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

import type { OutputQuality } from '#evaluation';
import type { Graph } from '#onnx';
import type { Batches } from '../../calibration-data.js';
import type { LayerReport, MeasuredResult } from '../report.js';
import { DONE_BY, type QuantizationRun } from '../run.js';
import { firstBatches, firstSample } from './first-batches.js';
import { layerTimes, profiledRuns } from './layer-times.js';
import { compareOutputs } from './output-check.js';
import { measureSpeed } from './measure-speed.js';

/** The same model before, made ready for quantizing, and after. */
export interface Stages {
  float: Uint8Array;
  prepared: Uint8Array;
  quantized: Uint8Array;
}

/** What is known of a result without data. */
export const NOT_MEASURED: MeasuredResult = {
  outputs: null,
  outputSnrDb: undefined,
  judgedOn: null,
  otherUs: null,
  expanded: [],
  speed: null,
};

/** Compares outputs on the data held out and times both models on one sample; the rows get their layers' times. */
export async function measureResult(
  { float, prepared, quantized }: Stages,
  graph: Graph,
  rows: readonly LayerReport[],
  batches: Batches,
  { heldOut, threads, work }: Pick<QuantizationRun, 'heldOut' | 'threads' | 'work'>,
): Promise<{ measured: MeasuredResult; rows: LayerReport[] }> {
  work?.begin('comparing outputs', DONE_BY.outputs);
  const { outputs, spread } = await compareOutputs(float, quantized, firstBatches(heldOut ?? batches, work), threads);
  const compared = {
    ...NOT_MEASURED,
    outputs,
    outputSnrDb: leastOf(outputs),
    judgedOn: spread.judgedOn(Boolean(heldOut)),
  };
  const sample = await firstSample(graph, batches);
  if (!sample) return { measured: compared, rows: [...rows] };
  work?.begin('timing layers', DONE_BY.times);
  const labels = rows.map(({ node }) => node);
  const speed = await measureSpeed(float, quantized, sample, work?.share('the runs'));
  const runs = profiledRuns(Math.max(speed.beforeMs, speed.afterMs));
  const times = rows.length > 0 ? await layerTimes(prepared, quantized, labels, sample, runs) : null;
  const measured = {
    ...compared,
    otherUs: times?.other ?? null,
    expanded: times?.expanded ?? [],
    speed,
  };
  return { measured, rows: rows.map((row) => ({ ...row, ...times?.of(row.node) })) };
}

/** Undefined where an output has no figure: nothing can be said of all of them then. */
function leastOf(outputs: readonly OutputQuality[]): number | null | undefined {
  if (outputs.length === 0 || outputs.some(({ snrDb }) => snrDb === undefined)) return undefined;
  const figures = outputs.flatMap(({ snrDb }) => (typeof snrDb === 'number' ? [snrDb] : []));
  return figures.length === 0 ? null : Math.min(...figures);
}

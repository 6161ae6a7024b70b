import type { OutputQuality } from '#evaluation';
import type { HostTensor, HostTensors } from '#inference';
import { elementCount, valueDims, type Graph } from '#onnx';
import type { Batches } from '../../calibration-data.js';
import type { LayerReport, Measured } from '../report.js';
import type { QuantizationRun } from '../run.js';
import { firstOf } from './first-batches.js';
import { layerTimes } from './layer-times.js';
import { compareOutputs } from './output-check.js';
import { measureSpeed } from './measure-speed.js';

/** The same model before, made ready for quantizing, and after. */
export interface Stages {
  float: Uint8Array;
  prepared: Uint8Array;
  quantized: Uint8Array;
}

/** What is known of a result without data. */
export const NOT_MEASURED: Measured = {
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
  { heldOut, threads }: Pick<QuantizationRun, 'heldOut' | 'threads'>,
): Promise<{ measured: Measured; rows: LayerReport[] }> {
  const { outputs, spread } = await compareOutputs(float, quantized, firstOf(heldOut ?? batches), threads);
  const compared = {
    ...NOT_MEASURED,
    outputs,
    outputSnrDb: leastOf(outputs),
    judgedOn: spread.judgedOn(Boolean(heldOut)),
  };
  const sample = await firstSample(graph, batches);
  if (!sample) return { measured: compared, rows: [...rows] };
  const labels = rows.map(({ node }) => node);
  const times = rows.length > 0 ? await layerTimes(prepared, quantized, labels, sample) : null;
  const measured = {
    ...compared,
    otherUs: times?.other ?? null,
    expanded: times?.expanded ?? [],
    speed: await measureSpeed(float, quantized, sample),
  };
  return { measured, rows: rows.map((row) => ({ ...row, ...times?.of(row.node) })) };
}

/** Undefined where an output has no figure: nothing can be said of all of them then. */
function leastOf(outputs: readonly OutputQuality[]): number | null | undefined {
  if (outputs.length === 0 || outputs.some(({ snrDb }) => snrDb === undefined)) return undefined;
  const figures = outputs.flatMap(({ snrDb }) => (typeof snrDb === 'number' ? [snrDb] : []));
  return figures.length === 0 ? null : Math.min(...figures);
}

/** One sample of the first batch, or the whole batch where the model fixes its size. */
async function firstSample(graph: Graph, batches: Batches): Promise<HostTensors | null> {
  const isFixed = graph.inputs.some((input) => typeof valueDims(input)?.[0] === 'number');
  for await (const batch of batches())
    return isFixed
      ? batch
      : Object.fromEntries(Object.entries(batch).map(([name, tensor]) => [name, firstRow(tensor)]));
  return null;
}

function firstRow(tensor: HostTensor): HostTensor {
  const dims = [1, ...tensor.dims.slice(1)];
  return { ...tensor, dims, data: tensor.data.slice(0, elementCount(dims)) } as HostTensor;
}

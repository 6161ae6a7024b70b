import { float32, Session, type HostTensors } from '#inference';
import { DataType, GraphBuilder, ownName, writeModel, type Graph, type ModelProto, inputOf } from '#onnx';
import { answerOnly } from '../../rewrites/answer-only.js';
import type { CalibrationRun } from '../calibration/calibrate.js';
import type { Batches } from '../../calibration-data.js';
import { exactValue, sideBySide } from '../evidence/compare.js';
import type { Layer } from './layers.js';
import { inputRows, type ProductShape } from './patches.js';

/**
 * Input vectors of a layer, drawn from the calibration data: row i of both comes from the same place of the same
 * sample.
 */
export interface LayerRows {
  count: number;
  /** As the float model computes them, [count, groups · size]. */
  exact: Float32Array;
  /** As they come out of the layers quantized so far, [count, groups · size]. */
  quantized: Float32Array;
}

/** Elements that the rows of one side may have: 64 MiB of floats, whatever the data and the layer. */
const MAX_ELEMENTS = 2 ** 24;

/** What rows are drawn from. */
export interface RowSource {
  exact: ModelProto;
  graph: Graph;
  batches: Batches;
  run: CalibrationRun;
  random: () => number;
}

/**
 * Draws up to `count` input vectors of a layer from the float model and from the graph as it stands, an equal share
 * from each batch at places chosen by `random`. The patches of a convolution are cut and drawn inside the graph; only
 * the rows leave it.
 */
export async function drawLayerRows(
  source: RowSource,
  layer: Layer,
  shape: ProductShape,
  count: number,
): Promise<LayerRows> {
  const { batches, run, random } = source;
  const length = shape.groups * shape.size;
  const affordable = Math.min(count, Math.floor(MAX_ELEMENTS / length));
  const share = Math.max(1, Math.ceil(affordable / (await countBatches(batches))));
  const rows = {
    count: 0,
    exact: new Float32Array(affordable * length),
    quantized: new Float32Array(affordable * length),
  };
  const { model, names } = rowGraph(source, layer, shape);
  const session = await Session.create(writeModel(model), { threads: run.threads });
  const wanted = new Set(session.inputs.map(({ name }) => name));
  try {
    for await (const batch of batches()) {
      const taken = Math.min(share, affordable - rows.count);
      if (taken === 0) break;
      const places = float32([taken], Float32Array.from({ length: taken }, random));
      const drawn = await session.run({ ...only(batch, wanted), [names.places]: places });
      rows.exact.set(drawn[names.exact]!.data as Float32Array, rows.count * length);
      rows.quantized.set(drawn[names.quantized]!.data as Float32Array, rows.count * length);
      rows.count += taken;
    }
  } finally {
    await session.release();
  }
  const { exact, quantized } = rows;
  const end = rows.count * length;
  return { count: rows.count, exact: exact.subarray(0, end), quantized: quantized.subarray(0, end) };
}

async function countBatches(batches: Batches): Promise<number> {
  let count = 0;
  for await (const _ of batches()) count++;
  return count;
}

function only(batch: HostTensors, wanted: ReadonlySet<string>): HostTensors {
  return Object.fromEntries(Object.entries(batch).filter(([name]) => wanted.has(name)));
}

interface RowGraph {
  model: ModelProto;
  /** The input and the outputs, by names that the model does not use. */
  names: { places: string; exact: string; quantized: string };
}

/**
 * Both models side by side up to the layer, with the rows at `places` (shares of the way through the batch, 0..1) as
 * the only outputs.
 */
function rowGraph({ exact, graph: source }: RowSource, layer: Layer, shape: ProductShape): RowGraph {
  const graph = sideBySide(exact, source.model);
  const b = new GraphBuilder(ownName('rows:'));
  const names = { places: ownName('places'), exact: ownName('exact_rows'), quantized: ownName('quantized_rows') };
  const places = b.input(names.places, ['rows']);
  const draw = (value: string, output: string) => {
    const filled = inputRows(b, source, layer, value, shape);
    const total = b.op('Max', [b.op('Gather', [b.op('Shape', [filled]), b.ints(0)]), b.ints(1)]);
    // Where a batch has no rows, zeros are drawn.
    const length = shape.groups * shape.size;
    const rows = b.op('Concat', [filled, b.float(new Float32Array(length), [1, length])], { axis: 0 });
    const totalFloat = b.op('Cast', [total], { to: DataType.FLOAT });
    const position = b.op('Floor', [b.op('Mul', [places, totalFloat])]);
    // A share just below 1 times the total may round up to it.
    const index = b.op('Min', [b.op('Cast', [position], { to: DataType.INT64 }), b.op('Sub', [total, b.ints(1)])]);
    const outputs = [b.output(output, ['rows', shape.groups * shape.size])];
    b.op('Gather', [rows, index], { axis: 0 }, { outputs });
  };
  draw(exactValue(graph, layer.input), names.exact);
  draw(inputOf(layer.node, 0), names.quantized);
  answerOnly(graph, b);
  return { model: graph.model, names };
}

import { DataType, Graph, GraphBuilder, makeTensor, tensorData, type TensorData } from '#onnx';
import { gridValues, integerGrid, onGrid, type IntegerGrid } from './integer-grid.js';

/** The grid of `integers [2, 3] [-> Cast] -> DequantizeLinear` with one scale per row. */
function gridOf(type: DataType, values: TensorData, { cast = false } = {}): IntegerGrid {
  const b = new GraphBuilder();
  const stored = b.initializer(makeTensor('w', type, [2, 3], values));
  const source = cast ? b.op('Cast', [stored], { to: DataType.INT8 }) : stored;
  b.output(b.op('DequantizeLinear', [source, b.float([0.5, 0.25])], { axis: 0 }, { outputs: ['y'] }));
  const graph = new Graph(b.build());
  return integerGrid(graph, graph.producer('y')!)!;
}

const integers = (grid: IntegerGrid, values: number[]) => [
  ...(tensorData(onGrid(grid, Float32Array.from(values))) as Int8Array),
];

describe('a stored integer weight', () => {
  it('reads as floats, one scale per channel', () => {
    expect([...gridValues(gridOf(DataType.INT8, Int8Array.of(2, -4, 0, 4, 8, -2)))]).toEqual([1, -2, 0, 1, 2, -0.5]);
  });

  it('comes back unchanged from the floats that it stands for', () => {
    const values = Int8Array.of(2, -4, 0, 100, 8, -2);
    const grid = gridOf(DataType.INT8, values);
    expect(integers(grid, [...gridValues(grid)])).toEqual([...values]);
  });

  it('stays within the reduced range that its quantizer kept to', () => {
    expect(integers(gridOf(DataType.INT8, Int8Array.of(64, -4, 0, 4, 8, -2)), [99, -99, 0.25, 0, 0, 0])).toEqual([
      64, -64, 0, 0, 0, 0,
    ]);
  });

  it('uses the whole range where its quantizer did', () => {
    expect(
      integers(gridOf(DataType.INT8, Int8Array.of(127, -4, 0, 4, 8, -2)), [99, -99, 0, 0, 0, 0]).slice(0, 2),
    ).toEqual([127, -127]);
  });

  it('goes below zero as far as above where all of it lies on one side', () => {
    const positive = gridOf(DataType.INT8, Int8Array.of(1, 1, 0, 1, 1, 1));
    const negative = gridOf(DataType.INT8, Int8Array.of(-128, -1, -1, -1, -1, -1));
    expect([positive.low, positive.high]).toEqual([[-64], [64]]);
    expect([negative.low, negative.high]).toEqual([[-128], [127]]);
  });

  it('is found behind a Cast, and keeps its width', () => {
    const grid = gridOf(DataType.INT4, Int8Array.of(7, -7, 0, 3, 1, -2), { cast: true });
    expect([grid.bits, ...integers(grid, [99, -99, 0, 0, 0, 0]).slice(0, 2)]).toEqual([4, 7, -7]);
  });
});

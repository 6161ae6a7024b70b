import { GraphBuilder, writeModel } from '#onnx';
import { modelMetrics } from './model-metrics.js';

describe('modelMetrics', () => {
  it('tells the three sizes and the zeros of a model from its bytes alone', async () => {
    const graph = new GraphBuilder();
    const x = graph.input('x', ['batch', 4]);
    graph.op(
      'MatMul',
      [x, graph.float([1, 0, 2, 0, 0, 3, 0, 0], [4, 2])],
      {},
      { outputs: [graph.output('y', ['batch', 2])] },
    );
    const bytes = writeModel(graph.build());
    const metrics = await modelMetrics(bytes);
    expect(metrics).toEqual({
      bytes: bytes.length,
      compressedBytes: expect.any(Number),
      formatBits: 8 * 32,
      parameters: 8,
      nonZeros: 3,
    });
    expect(metrics.compressedBytes).toBeLessThan(bytes.length);
  });
});

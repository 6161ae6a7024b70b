import { float32 } from '#inference';
import { Graph, GraphBuilder } from '#onnx';
import { planBatch, type BatchPlan } from './batch-plan.js';
import { observeTrainingShapes } from './observe.js';
import { useBatchStatistics } from './batch-statistics.js';

const BATCH = 32;

/** Four convolutions of 32 channels; on 16 x 16, 75 million multiply-accumulates a layer and batch. */
function convolutions(normalized = false): Graph {
  const b = new GraphBuilder();
  let x = b.input('x', ['n', 32, 'h', 'w']);
  for (let i = 0; i < 4; i++) x = b.op('Conv', [x, b.float(new Float32Array(32 * 32 * 9), [32, 32, 3, 3])], { pads: [1, 1, 1, 1] });
  if (normalized) x = b.op('BatchNormalization', [x, ...Array.from({ length: 4 }, () => b.float(new Float32Array(32).fill(1)))]);
  b.output(x);
  return new Graph(b.build());
}

function products(): Graph {
  const b = new GraphBuilder();
  const x = b.op('MatMul', [b.input('x', ['n', 4096]), b.float(new Float32Array(4096 * 1024), [4096, 1024])]);
  b.output(x);
  return new Graph(b.build());
}

async function plan(graph: Graph, sample: number[], limits: { threads: number; memoryMb?: number }): Promise<BatchPlan> {
  const x = float32([BATCH, ...sample], new Float32Array(BATCH * sample.reduce((a, d) => a * d, 1)));
  return planBatch({ graph, shapes: await observeTrainingShapes(graph, { x }), batchSize: BATCH, ...limits });
}

describe('how a batch is divided', () => {
  it('a net of convolutions runs in a session per thread, any other in one session with all threads', async () => {
    expect(await plan(convolutions(), [32, 16, 16], { threads: 2 })).toMatchObject({ parts: 2, sessions: 2, threads: 1, partSize: 16 });
    expect(await plan(products(), [4096], { threads: 2 })).toMatchObject({ parts: 1, sessions: 1, threads: 2 });
    expect(await plan(convolutions(), [32, 16, 16], { threads: 1 })).toMatchObject({ parts: 1, sessions: 1, threads: 1 });
  });

  it('a batch that does not fit the memory is cut until it does, and a roomy one is left whole', async () => {
    const roomy = await plan(convolutions(), [32, 64, 64], { threads: 1, memoryMb: 4096 });
    expect(roomy.parts).toBe(1);
    const memoryMb = Math.ceil(roomy.estimateMb / 0.9);
    const tight = await plan(convolutions(), [32, 64, 64], { threads: 1, memoryMb });
    expect(tight.parts).toBe(2);
    expect(tight.estimateMb).toBeLessThan(roomy.estimateMb);
  });

  it('a net that normalizes by the statistics of the batch sees all of it', async () => {
    const graph = convolutions(true);
    useBatchStatistics(graph);
    expect((await plan(graph, [32, 16, 16], { threads: 2, memoryMb: 1 })).parts).toBe(1);
  });
});

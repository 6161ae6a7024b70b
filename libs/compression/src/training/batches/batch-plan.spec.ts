import { float32 } from '#inference';
import { Graph, GraphBuilder } from '#onnx';
import { batchShapes } from './batch-shapes.js';
import { planBatch, planFromBatch, type BatchPlan } from './batch-plan.js';
import { observeTrainingShapes } from '../observe.js';
import { useBatchStatistics } from './batch-statistics.js';

const BATCH = 32;

/** Four convolutions of 32 channels; on 16 x 16, 75 million multiply-accumulates a layer and batch. */
function convolutions(normalized = false): Graph {
  const b = new GraphBuilder();
  let x = b.input('x', ['n', 32, 'h', 'w']);
  for (let i = 0; i < 4; i++)
    x = b.op('Conv', [x, b.float(new Float32Array(32 * 32 * 9), [32, 32, 3, 3])], { pads: [1, 1, 1, 1] });
  if (normalized)
    x = b.op('BatchNormalization', [x, ...Array.from({ length: 4 }, () => b.float(new Float32Array(32).fill(1)))]);
  b.output(x);
  return new Graph(b.build());
}

function products(): Graph {
  const b = new GraphBuilder();
  const x = b.op('MatMul', [b.input('x', ['n', 4096]), b.float(new Float32Array(4096 * 1024), [4096, 1024])]);
  b.output(x);
  return new Graph(b.build());
}

async function plan(
  graph: Graph,
  sample: number[],
  limits: { threads: number; memoryMb?: number },
): Promise<BatchPlan> {
  const x = float32([BATCH, ...sample], new Float32Array(BATCH * sample.reduce((a, d) => a * d, 1)));
  return planBatch({ graph, shapes: await observeTrainingShapes(graph, { x }), batchSize: BATCH, ...limits });
}

describe('how a batch is divided', () => {
  it('a net of convolutions runs in a session per thread, any other in one session with all threads', async () => {
    expect(await plan(convolutions(), [32, 16, 16], { threads: 2 })).toMatchObject({
      parts: 2,
      sessions: 2,
      threads: 1,
      partSize: 16,
    });
    expect(await plan(products(), [4096], { threads: 2 })).toMatchObject({ parts: 1, sessions: 1, threads: 2 });
    expect(await plan(convolutions(), [32, 16, 16], { threads: 1 })).toMatchObject({
      parts: 1,
      sessions: 1,
      threads: 1,
    });
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

describe('a plan from the samples of a batch', () => {
  const images = (count: number, side: number) => ({
    x: float32([count, 32, side, side], new Float32Array(count * 32 * side * side)),
  });
  const from = (graph: Graph, count: number, side: number, memoryMb?: number) =>
    planFromBatch(graph, images(count, side), { threads: 1, memoryMb, log: () => undefined });

  it('knows the shapes of the whole batch from two and three of its samples', async () => {
    const b = new GraphBuilder();
    const x = b.input('x', ['n', 32, 'h', 'w']);
    const rows = b.op('Reshape', [b.op('Transpose', [x], { perm: [0, 2, 3, 1] }), b.ints([-1, 32])]);
    b.output(b.op('Softmax', [b.op('MatMul', [rows, b.float(new Float32Array(64), [32, 2])])]));
    const graph = new Graph(b.build());
    expect(await batchShapes(graph, images(16, 4), 16)).toEqual(await observeTrainingShapes(graph, images(16, 4)));
  });

  it('is refused when the smallest part takes more memory than there is', async () => {
    await expect(from(convolutions(), 4, 64, 150)).rejects.toMatchObject({
      code: 'training',
      message: expect.stringMatching(/a stage may use 150: give a stage \d+ MiB/),
    });
    const [, enough] = /give a stage (\d+) MiB/.exec(
      await from(convolutions(), 4, 64, 150).then(
        () => '',
        (error: Error) => error.message,
      ),
    )!;
    expect((await from(convolutions(), 4, 64, Number(enough))).plan.estimateMb).toBeLessThanOrEqual(Number(enough));
  });

  it('that cannot be divided is refused with a batch that fits, before the batch is run', async () => {
    const normalized = () => {
      const graph = convolutions(true);
      useBatchStatistics(graph);
      return graph;
    };
    const roomy = (await from(normalized(), 32, 64)).plan.estimateMb;
    const memoryMb = roomy - 60;
    const message = await from(normalized(), 32, 64, memoryMb).then(
      () => '',
      (error: Error) => error.message,
    );
    const [, size] = /set batchSize to (\d+), or set batchNorm to frozen/.exec(message)!;
    expect((await from(normalized(), Number(size), 64, memoryMb)).plan.estimateMb).toBeLessThanOrEqual(memoryMb);
    // And the other way out: the file's own statistics, in parts.
    expect((await from(convolutions(true), 32, 64, memoryMb)).plan.parts).toBeGreaterThan(1);
  });
});

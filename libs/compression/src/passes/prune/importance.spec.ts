import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DataType, Graph, int64Tensor, makeValueInfo } from '#onnx';
import { SeedNet } from './seed-net.fixture.js';

describe('importances on seed-net and real digits', () => {
  const net = new SeedNet();

  let chance: Promise<number> | null = null;

  it.each(['taylor', 'fisher', 'entropy', 'l1', 'l2', 'geometric-median', 'bn-scale'] as const)(
    'random choice loses to %s at half the channels',
    async (importance) => {
      chance ??= net.chance({ ratio: 0.5 });
      expect(await net.top1After({ importance, ratio: 0.5, samples: 64 })).toBeGreaterThan(await chance);
    },
  );

  it('APoZ keeps the channels that speak most often', async () => {
    const { summary } = await net.prune({ importance: 'apoz', samples: 64 });
    expect(summary).toMatchObject({ importance: 'apoz', groups: [{ kept: 16 }, { kept: 32 }, { kept: 56 }] });
  });

  it('judges by gradient a model that fixes its batch', async () => {
    const model = net.model();
    const graph = new Graph(model);
    const flatten = graph.producer(graph.nodes.find(({ opType }) => opType === 'Gemm')!.input[0]!)!;
    graph.addInitializer(int64Tensor('shape', [2], [4, -1]));
    Object.assign(flatten, { opType: 'Reshape', input: [flatten.input[0]!, 'shape'], attribute: [] });
    graph.proto.input = [makeValueInfo('input', DataType.FLOAT, [4, 1, 32, 32])];
    graph.proto.output = [makeValueInfo('logits', DataType.FLOAT, [4, 10])];
    const { summary } = await net.prune({ importance: 'taylor', samples: 8 }, { model });
    expect(summary).toMatchObject({ groups: [{ kept: 16 }, { kept: 32 }, { kept: 56 }] });
  });

  it('finds the ratio that a budget asks for', async () => {
    const { summary } = await net.prune({ budget: { macs: 0.5, parameters: 0.4 }, multipleOf: 1 });
    const { before, after } = summary as {
      before: { macs: number; parameters: number };
      after: { macs: number; parameters: number };
    };
    expect(after.macs / before.macs).toBeLessThanOrEqual(0.5);
    expect(after.parameters / before.parameters).toBeLessThanOrEqual(0.4);
    expect(after.parameters / before.parameters).toBeGreaterThan(0.3);
  });

  it('goes as far as accuracy allows', async () => {
    const said: string[] = [];
    const { summary, model } = await net.prune({ maxDrop: 0.02, ratio: 0.9, multipleOf: 1 }, { said });
    expect(said).toContain('ratio within maxDrop: trial 7 of 7');
    expect(summary.ratio).toBeGreaterThan(0.1);
    expect(summary.ratio).toBeLessThan(0.6);
    expect(await net.top1(model!)).toBeGreaterThan(0.92);
  });

  it('writes what each group alone costs', async () => {
    const outputPath = await mkdtemp(join(tmpdir(), 'coldpress-'));
    const said: string[] = [];
    const { files } = await net.prune({ sensitivity: true, samples: 128 }, { outputPath, said });
    expect(said).toContain('sensitivity: trial 9 of 9');
    expect(said).toContain('pruning: checking the smaller model');
    const points = JSON.parse(await readFile(join(outputPath, files![0]!), 'utf8')) as {
      producers: string[];
      top1Drop: number;
      macsSaved: number;
    }[];
    const plot = await readFile(join(outputPath, files![1]!), 'utf8');
    const importances = await readFile(join(outputPath, files![2]!), 'utf8');
    await rm(outputPath, { recursive: true });
    expect(files).toEqual(['sensitivity.json', 'sensitivity.svg', 'importance.svg']);
    expect(importances).toMatch(/^<svg[^]*conv1[^]*conv2[^]*fc1[^]*where the cut lies/);
    expect(plot).toMatch(/^<svg[^]*conv1[^]*conv2[^]*fc1/);
    expect(points.map(({ producers }) => producers[0])).toEqual(
      ['/conv1/Conv', '/conv2/Conv', '/fc1/Gemm'].flatMap((name) => [name, name, name]),
    );
    expect(points.every(({ macsSaved, top1Drop }) => macsSaved > 0 && top1Drop > -0.05 && top1Drop <= 1)).toBe(true);
  });

  it('says what an importance by activation needs', async () => {
    await expect(net.prune({ importance: 'entropy' }, { data: null })).rejects.toThrow(
      /needs a data set with a calibration split/,
    );
  });
});

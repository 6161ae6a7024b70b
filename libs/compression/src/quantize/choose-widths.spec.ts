import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { QuantizeOptions } from '#contracts';
import { openDataset, type Dataset } from '#datasets';
import { readModel, writeModel } from '#onnx';
import type { PassResult } from '../pass.js';
import type { TriedPlan } from './choose-widths.js';
import { quantize } from './quantize.js';

const EXAMPLES = join(__dirname, '../../../../examples');
type Given = Parameters<typeof QuantizeOptions.parse>[0];

/** Widths are judged on few samples, and so are ranges. */
const QUICK = { samples: 64 };

describe('mixed precision on real digits', () => {
  let folder: string;
  let lenetDigits: Dataset;
  let seedDigits: Dataset;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'coldpress-'));
    await copyFile(join(EXAMPLES, 'seed-net/mnist-train.npz'), join(folder, 'mnist-train.npz'));
    await writeFile(join(folder, 'dataset.json'), JSON.stringify({
      name: 'digits', inputs: { '*': { array: 'x', preprocess: [{ op: 'scale', factor: 1 / 255 }] } }, labels: { array: 'y', classes: 10 }, splits: { train: { file: 'mnist-train.npz' } },
    }));
    lenetDigits = await openDataset(folder);
    seedDigits = await openDataset(join(EXAMPLES, 'seed-net'));
  });

  afterAll(async () => {
    await lenetDigits.close();
    await seedDigits.close();
    await rm(folder, { recursive: true });
  });

  async function quantized(net: 'seed-net' | 'lenet-5', given: Given): Promise<PassResult & { bytes: number; before: number; plan: TriedPlan }> {
    const baseline = await readFile(join(EXAMPLES, net, `${net}.onnx`));
    const data = net === 'seed-net' ? seedDigits : lenetDigits;
    const context = { model: readModel(baseline), baseline, history: [baseline], data, seed: 0, threads: 1, outputPath: folder, progress() {}, log() {} };
    const result = await quantize.run(context, QuantizeOptions.parse(given));
    return { ...result, bytes: writeModel(result.model!).length, before: baseline.length, plan: result.summary['mixed'] as TriedPlan };
  }

  it.each([
    { net: 'seed-net', near: 4, averageBits: 4.3, gainDb: 2 },
    { net: 'seed-net', near: 2, averageBits: 2.3, gainDb: 2 },
    { net: 'lenet-5', near: 4, averageBits: 4.1, gainDb: 3 },
  ] as const)('$net: at $averageBits bits the outputs gain $gainDb dB over $near bits everywhere', async ({ net, near, averageBits, gainDb }) => {
    const { plan, bytes, files } = await quantized(net, { ...QUICK, mixed: { averageBits, samples: 32 } });
    const uniform = await quantized(net, { ...QUICK, weightBits: near });
    const { uniform: tried } = JSON.parse(await readFile(join(folder, 'trade-off.json'), 'utf8')) as { uniform: TriedPlan[] };
    expect(plan.averageBits).toBeLessThanOrEqual(averageBits);
    expect(plan.outputSnrDb!).toBeGreaterThan(tried.find((other) => other.averageBits === near)!.outputSnrDb! + gainDb);
    expect(bytes / uniform.bytes).toBeLessThan((1.02 * averageBits) / near);
    expect(files).toEqual(['quantization.json', 'calibration.json', 'trade-off.json', 'trade-off.svg']);
  });

  it('keeps the file within a share of its bytes, and uses that share', async () => {
    const { bytes, before } = await quantized('seed-net', { ...QUICK, mixed: { bytes: 0.14, samples: 32 } });
    expect(bytes / before).toBeLessThanOrEqual(0.14);
    expect(bytes / before).toBeGreaterThan(0.13);
    await expect(quantized('seed-net', { ...QUICK, mixed: { bytes: 0.05 } })).rejects.toMatchObject({ code: 'mixed_precision' });
  });

  it('is as small as the loss allowed lets it be', async () => {
    const lax = await quantized('seed-net', { ...QUICK, mixed: { minSnrDb: 10, samples: 32 } });
    const labelled = await quantized('seed-net', { ...QUICK, mixed: { maxDrop: 0.05, samples: 64 } });
    expect(lax.plan.outputSnrDb).toBeGreaterThanOrEqual(10);
    expect(lax.plan.averageBits).toBeLessThan(4);
    expect(labelled.plan.top1Drop).toBeLessThanOrEqual(0.05);
    expect(labelled.plan.averageBits).toBeLessThan(4);
  });

  it('takes the widest and says so when the goal is out of reach', async () => {
    const { plan, summary } = await quantized('seed-net', { ...QUICK, mixed: { minSnrDb: 120, samples: 32 } });
    expect(plan.averageBits).toBe(8);
    expect(summary['warnings']).toContainEqual(expect.stringContaining('out of reach'));
  });

  it('takes one goal at a time', () => {
    expect(QuantizeOptions.safeParse({ mixed: { averageBits: 4, maxDrop: 0.01 } }).success).toBe(false);
    expect(QuantizeOptions.safeParse({ mixed: {} }).success).toBe(false);
  });
});

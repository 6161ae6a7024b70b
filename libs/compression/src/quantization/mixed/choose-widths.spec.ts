import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { QuantizeOptions } from '#contracts';
import { openDataset, type Dataset } from '#datasets';
import { readModel, writeModel } from '#onnx';
import { stageContext } from '../../context.fixture.js';
import type { PassResult } from '../../pass.js';
import type { TriedPlan } from './choose-widths.js';
import { quantizePass } from '../../passes/quantize/quantize.js';

const EXAMPLE = join(__dirname, '../../../../../examples/seed-net');
type Given = Parameters<typeof QuantizeOptions.parse>[0];

/** Widths are judged on few samples, and so are ranges. */
const QUICK = { samples: 64 };

describe('mixed precision on real digits', () => {
  let folder: string;
  let data: Dataset;
  let baseline: Uint8Array;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'coldpress-'));
    data = await openDataset(EXAMPLE);
    baseline = await readFile(join(EXAMPLE, 'seed-net.onnx'));
  });

  afterAll(async () => {
    await data.close();
    await rm(folder, { recursive: true });
  });

  async function quantized(given: Given): Promise<PassResult & { bytesRatio: number; plan: TriedPlan }> {
    const context = stageContext(readModel(baseline), { baseline, history: [baseline], data, outputPath: folder });
    const result = await quantizePass.run(context, QuantizeOptions.parse(given));
    return {
      ...result,
      bytesRatio: writeModel(result.model!).length / baseline.length,
      plan: result.summary['mixed'] as TriedPlan,
    };
  }

  it.each([
    { near: 4, averageBits: 4.3, gainDb: 2 },
    { near: 2, averageBits: 2.3, gainDb: 2 },
  ] as const)(
    'at $averageBits bits the outputs gain $gainDb dB over $near bits everywhere',
    async ({ near, averageBits, gainDb }) => {
      const { plan, bytesRatio, files } = await quantized({ ...QUICK, mixed: { averageBits, samples: 32 } });
      const { uniform: tried } = JSON.parse(await readFile(join(folder, 'trade-off.json'), 'utf8')) as {
        uniform: TriedPlan[];
      };
      expect(plan.averageBits).toBeLessThanOrEqual(averageBits);
      expect(plan.outputSnrDb!).toBeGreaterThan(
        tried.find((other) => other.averageBits === near)!.outputSnrDb! + gainDb,
      );
      expect(bytesRatio).toBeLessThan(averageBits / 32 + 0.03);
      expect(files).toEqual([
        'quantization.json',
        'calibration.json',
        'encodings.json',
        'trade-off.json',
        'trade-off.svg',
      ]);
    },
  );

  it('keeps the file within a share of its bytes, and uses that share', async () => {
    const { bytesRatio } = await quantized({ ...QUICK, mixed: { bytes: 0.14, samples: 32 } });
    expect(bytesRatio).toBeLessThanOrEqual(0.14);
    expect(bytesRatio).toBeGreaterThan(0.13);
    await expect(quantized({ ...QUICK, mixed: { bytes: 0.05 } })).rejects.toMatchObject({ code: 'mixed_precision' });
  });

  it('is as small as the loss allowed lets it be', async () => {
    const lax = await quantized({ ...QUICK, mixed: { minSnrDb: 10, samples: 32 } });
    const labelled = await quantized({ ...QUICK, mixed: { maxDrop: 0.05, samples: 64 } });
    expect(lax.plan.outputSnrDb).toBeGreaterThanOrEqual(10);
    expect(lax.plan.averageBits).toBeLessThan(4);
    expect(labelled.plan.top1Drop).toBeLessThanOrEqual(0.05);
    expect(labelled.plan.averageBits).toBeLessThan(4);
  });

  it('takes the widest and says so when the goal is out of reach', async () => {
    const { plan, summary } = await quantized({ ...QUICK, mixed: { minSnrDb: 120, samples: 32 } });
    expect(plan.averageBits).toBe(8);
    expect(summary['warnings']).toContainEqual(expect.stringContaining('out of reach'));
  });

  it('takes one goal at a time', () => {
    expect(QuantizeOptions.safeParse({ mixed: { averageBits: 4, maxDrop: 0.01 } }).success).toBe(false);
    expect(QuantizeOptions.safeParse({ mixed: {} }).success).toBe(false);
  });
});

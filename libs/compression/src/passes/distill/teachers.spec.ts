import { join } from 'node:path';
import { toBinary } from '@bufbuild/protobuf';
import { DistillOptions } from '#contracts';
import { Session, float32 } from '#inference';
import { Graph, ModelProtoSchema, readModel, tensorDims, writeModel, type ModelProto } from '#onnx';
import { mlp } from '#testing';
import type { PassContext } from '../../pass.js';
import { distillPass } from './distill.js';
import { Points } from '../../distillation/points.fixture.js';
import { teacherModels } from '../../distillation/teacher/sources.js';

const [STORED, OTHER] = ['a'.repeat(64), 'b'.repeat(64)];

describe('distill', () => {
  const stored = writeModel(mlp([8, 12, 4], 7));
  const current = writeModel(mlp([8, 6, 4], 8));
  let points: Points;

  beforeAll(async () => {
    points = await Points.create();
  });
  afterAll(() => points.remove());

  const options = (given: object) =>
    DistillOptions.parse({ epochs: 12, batchSize: 16, alpha: 1, learningRate: 0.02, ...given });
  async function run(given: object, changes: Partial<PassContext> = {}) {
    const models = new Map([
      [STORED, stored],
      [OTHER, writeModel(mlp([8, 12, 4], 9))],
    ]);
    const result = await distillPass.run(points.context(current, { models, ...changes }), options(given));
    return {
      model: result.model!,
      bytes: Buffer.from(toBinary(ModelProtoSchema, result.model!)),
      summary: result.summary,
    };
  }

  it('learns from a model of the store, not from the original', async () => {
    const { model } = await run({ teacher: { model: STORED }, epochs: 30 });
    expect(await distance(model, stored)).toBeLessThan(0.5 * (await distance(readModel(current), stored)));
    expect(await distance(model, stored)).toBeLessThan(await distance(model, current));
  });

  it('learns from an ensemble: the loss falls, and the say of each teacher changes the result', async () => {
    const [even, uneven] = [
      await run({ teacher: { models: [STORED, OTHER] } }),
      await run({ teacher: { models: [STORED, OTHER], weights: [9, 1] } }),
    ];
    expect(even.summary['lastLoss']).toBeLessThan(0.5 * (even.summary['firstLoss'] as number));
    expect(even.bytes.equals(uneven.bytes)).toBe(false);
  });

  it('trains a student of the store in place of the current model', async () => {
    const { model, summary } = await run({ student: { model: STORED }, teacher: { model: OTHER } });
    expect(hidden(model)).toBe(12);
    expect(summary['lastLoss']).toBeLessThan(0.5 * (summary['firstLoss'] as number));
  });

  it('trains a student cut from the teacher that begins near it', async () => {
    const [cut, strange] = [
      await run({ teacher: { model: STORED }, student: { width: 0.5 } }),
      await run({ teacher: { model: STORED } }),
    ];
    expect(hidden(cut.model)).toBe(6);
    expect(cut.summary['cut']).toMatchObject({ blocks: null, channels: [{ found: 12, kept: 6 }] });
    expect(cut.summary['firstLoss']).toBeLessThan(0.7 * (strange.summary['firstLoss'] as number));
  });

  it.each(['generative', 'hybrid'])('by method %s learns from an ensemble', async (method) => {
    const { summary } = await run({
      method,
      teacher: { models: [STORED, OTHER] },
      generator: { low: -3, high: 3, generatedBatchesPerEpoch: 6 },
    });
    expect(summary['lastLoss']).toBeLessThan(summary['firstLoss'] as number);
  });

  it('needs no data set by method generative', async () => {
    const { model } = await run(
      {
        method: 'generative',
        teacher: { model: STORED },
        generator: { low: -3, high: 3, generatedBatchesPerEpoch: 20 },
      },
      { data: null },
    );
    expect(await distance(model, stored)).toBeLessThan(0.5 * (await distance(readModel(current), stored)));
  });

  it.each([
    ['assistant', 0.3, ['resumed after epoch 2 of 4']],
    ['student', 0.8, ['resumed after epoch 4 of 4', 'resumed after epoch 2 of 4']],
  ])('resumes while the %s learns and ends with the same bytes', async (_who, at, resumptions) => {
    const progressive = {
      teacher: { model: STORED },
      student: { width: 0.25 },
      assistants: [{ width: 0.5 }],
      epochs: 4,
    };
    const uninterrupted = await run(progressive);
    const checkpointFile = join(points.folder, `assistants-${at}.checkpoint`);
    const kill = (fraction: number) => {
      if (fraction > at) throw new RangeError('killed');
    };
    await expect(run(progressive, { checkpointFile, progress: kill })).rejects.toThrow('killed');
    const lines: string[] = [];
    const resumed = await run(progressive, { checkpointFile, log: (line) => lines.push(line) });
    expect(lines.filter((line) => line.startsWith('resumed'))).toEqual(resumptions);
    expect(hidden(resumed.model)).toBe(3);
    expect(resumed.bytes.equals(uninterrupted.bytes)).toBe(true);
    expect(resumed.summary['steps']).toBe(uninterrupted.summary['steps']);
  });

  it('judges by samples held back, and ends when they no longer gain', async () => {
    const { summary } = await run({
      teacher: { model: STORED },
      epochs: 60,
      schedule: 'constant',
      learningRate: 0.05,
      earlyStopping: { share: 0.2, patience: 4 },
    });
    const rows = summary['epochs'] as { validationLoss: number }[];
    expect(rows.length).toBeLessThan(60);
    expect(summary['bestEpoch']).toBe(rows.length - 4);
    expect(summary['validationLoss']).toBe(Math.min(...rows.map(({ validationLoss }) => validationLoss)));
    expect(summary['validationLoss']).toBeLessThan(0.5 * rows[0]!.validationLoss);
  });

  it('gives a row of figures for each epoch', async () => {
    const { summary } = await run({ epochs: 3 });
    expect(summary['epochs']).toMatchObject(
      [1, 2, 3].map((epoch) => ({
        epoch,
        step: epoch * 6,
        loss: expect.any(Number) as number,
        learningRate: expect.any(Number) as number,
        seconds: expect.any(Number) as number,
      })),
    );
  });

  it('takes its teacher from the original, its own input, or the model before the last pass', () => {
    const [original, before, input] = [Uint8Array.of(1), Uint8Array.of(2), Uint8Array.of(3)];
    const context = points.context(current, { baseline: original, history: [original, before, input] });
    const of = (teacher: string) => teacherModels(options({ teacher, alpha: 0.5 }), context, input).models;
    expect([of('original'), of('current'), of('previous')]).toEqual([[original], [input], [before]]);
  });

  it('says which model of the store it was not given', async () => {
    await expect(run({ teacher: { model: 'c'.repeat(64) } })).rejects.toMatchObject({
      code: 'training',
      message: expect.stringContaining('ccc') as unknown,
    });
  });
});

function hidden(model: ModelProto): number {
  return tensorDims(new Graph(model).initializer('fc1.weight')!)[0]!;
}

/** Mean squared distance of two models' logits, with the mean of each row taken out: what a softmax does not see. */
async function distance(model: ModelProto, other: Uint8Array): Promise<number> {
  const x = float32(
    [64, 8],
    Float32Array.from({ length: 512 }, (_, i) => 2 * Math.sin(i * i)),
  );
  const answers = await Promise.all(
    [writeModel(model), other].map(async (bytes) => {
      const session = await Session.create(bytes);
      const { logits } = await session.run({ x });
      await session.release();
      return centred(logits!.data as Float32Array);
    }),
  );
  return answers[0]!.reduce((sum, value, i) => sum + (value - answers[1]![i]!) ** 2, 0) / answers[0]!.length;
}

function centred(logits: Float32Array): Float32Array {
  return logits.map((value, i) => value - [0, 1, 2, 3].reduce((sum, c) => sum + logits[i - (i % 4) + c]!, 0) / 4);
}

import { createHash } from 'node:crypto';
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { QuantizeOptions } from '#contracts';
import { openDataset, type Dataset } from '#datasets';
import { Session } from '#inference';
import { Graph, ModelProtoSchema, ValueInfoProtoSchema, makeNode, type ModelProto } from '#onnx';
import { stageContext } from '../../context.fixture.js';
import type { PassContext } from '../../pass.js';
import type { Batches } from '../../calibration-data.js';
import { dealBatches } from '../../calibration-data.js';
import { quantizePass } from './quantize.js';

const EXAMPLE = join(__dirname, '../../../../../examples/seed-net');

describe('quantize on seed-net and real digits', () => {
  let data: Dataset;
  let outputPath: string;
  let baseline: Uint8Array;

  beforeAll(async () => {
    data = await openDataset(EXAMPLE);
    outputPath = await mkdtemp(join(tmpdir(), 'coldpress-'));
    baseline = await readFile(join(EXAMPLE, 'seed-net.onnx'));
  });

  afterAll(async () => {
    await data.close();
    await rm(outputPath, { recursive: true });
  });

  const context = (): PassContext =>
    stageContext(fromBinary(ModelProtoSchema, baseline), { baseline, history: [baseline], data, outputPath });

  it('stays within 0.3 points of the float top-1 at a quarter of the bytes', async () => {
    const { model, skipped, files } = await quantizePass.run(context(), QuantizeOptions.parse({}));
    const bytes = toBinary(ModelProtoSchema, model!);
    expect(bytes.length / baseline.length).toBeLessThan(0.26);
    expect(await top1(bytes, data)).toBeGreaterThanOrEqual((await top1(baseline, data)) - 0.003);
    expect(skipped.map((entry) => entry.node)).toEqual(['/conv1/Conv']);
    expect(files).toEqual(['quantization.json', 'calibration.json', 'encodings.json']);
  });

  it('gives the same bytes for the same options', async () => {
    const once = async () => digest((await quantizePass.run(context(), QuantizeOptions.parse({ samples: 64 }))).model!);
    expect(await once()).toBe(await once());
  });

  it('lists in preflight what run leaves alone, without touching the model', async () => {
    const { model } = context();
    const options = QuantizeOptions.parse({ exclude: ['/fc2/Gemm'], opTypes: ['Conv', 'Gemm'] });
    const before = digest(model);
    const listed = quantizePass.preflight(model, options);
    expect(digest(model)).toBe(before);
    expect((await quantizePass.run(context(), options)).skipped).toEqual(listed);
    expect(listed.map((entry) => entry.node)).toEqual(['/conv1/Conv', '/fc2/Gemm']);
  });

  it('tells how far it is: sample by sample, then layer by layer and step by step', async () => {
    const told: number[] = [];
    const said: (string | undefined)[] = [];
    await quantizePass.run(
      { ...context(), progress: (fraction, message) => said.push(message) && told.push(fraction) },
      QuantizeOptions.parse({ samples: 32, rounding: 'adaround', iterations: 2 }),
    );
    expect(said).toContain('choosing methods: 32 of 32 samples');
    expect(said).toContain('storing weights: layer 3 of 3, 2 of 2 steps');
    expect(told).toEqual(told.toSorted((a, b) => a - b));
    expect(told.at(-1)).toBe(1);
  });

  it('judges the outputs on samples that calibration did not see, where there are enough, and says how many and how they spread', async () => {
    const { summary } = await quantizePass.run(context(), QuantizeOptions.parse({ samples: 40 }));
    expect(summary!.judgedOn).toEqual({
      samples: expect.any(Number),
      isHeldOut: true,
      isAlsoOneBatch: false,
      leastDb: expect.any(Number),
      mostDb: expect.any(Number),
      interval: { low: expect.any(Number), high: expect.any(Number) },
    });
    const { samples, leastDb, mostDb } = summary!.judgedOn as { samples: number; leastDb: number; mostDb: number };
    expect(samples).toBeGreaterThanOrEqual(8);
    expect(mostDb).toBeGreaterThan(leastDb);
    expect(summary!.verdict).toContain(
      `outputs compared on ${samples} samples held out of calibration data, single ones at ${leastDb.toFixed(1)} to ${mostDb.toFixed(1)} dB`,
    );
  });

  it('does not say that outputs were compared where they are whole numbers', async () => {
    const given = context();
    const [output] = given.model.graph!.output;
    const at = output!.name;
    given.model.graph!.node.push(makeNode('ArgMax', [at], ['class'], { axis: 1, keepdims: 0 }));
    given.model.graph!.output = [create(ValueInfoProtoSchema, { name: 'class' })];
    const { summary } = await quantizePass.run(given, QuantizeOptions.parse({ samples: 16 }));
    expect(summary!.verdict).not.toContain('compared');
    expect(summary!.warnings).toContain('the outputs were not compared: none of them is a floating-point one');
  });

  it('says when they were judged on what the ranges were fitted to', async () => {
    const { summary } = await quantizePass.run(context(), QuantizeOptions.parse({ samples: 4 }));
    expect(summary!.judgedOn).toMatchObject({ isHeldOut: false, samples: 4 });
    expect(summary!.verdict).toContain(
      'outputs compared on 4 samples of calibration data, which the result was fitted to',
    );
  });

  it('deals every fifth batch out of the data that ranges are fitted to, with no sample in both', async () => {
    const { fitted, heldOut } = dealBatches(new Graph(context().model), data, 40);
    const keys = async (batches: Batches) => {
      const seen: string[] = [];
      for await (const batch of batches()) {
        const { data: values, dims } = Object.values(batch)[0]!;
        for (let i = 0; i < dims[0]!; i++)
          seen.push(String(values.slice((i * values.length) / dims[0]!, ((i + 1) * values.length) / dims[0]!)));
      }
      return seen;
    };
    const [used, judged] = [await keys(fitted), await keys(heldOut!)];
    expect([used.length, judged.length]).toEqual([40, 10]);
    expect(judged.filter((sample) => used.includes(sample))).toEqual([]);
  });

  it('needs a data set', async () => {
    await expect(quantizePass.run({ ...context(), data: null }, QuantizeOptions.parse({}))).rejects.toMatchObject({
      code: 'calibration_data',
    });
  });
});

function digest(model: ModelProto): string {
  return createHash('sha256').update(toBinary(ModelProtoSchema, model)).digest('hex');
}

async function top1(model: Uint8Array, data: Dataset): Promise<number> {
  const session = await Session.create(model, { threads: 1 });
  const bound = data.bindInputs(session.inputs.map((input) => input.name));
  let right = 0;
  for await (const { inputs, labels, size } of bound.batches('test', { batchSize: 100 })) {
    const logits = Object.values(await session.run(inputs))[0]!.data as Float32Array;
    for (let i = 0; i < size; i++) {
      const row = logits.subarray(i * 10, i * 10 + 10);
      if (row.indexOf(Math.max(...row)) === labels![i]) right++;
    }
  }
  await session.release();
  return right / data.sampleCount('test');
}

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PruneOptions } from '#contracts';
import { openDataset, type Dataset } from '#datasets';
import { Session } from '#inference';
import { readModel, writeModel, type ModelProto } from '#onnx';
import { stageContext } from '../../context.fixture.js';
import type { PassResult } from '../../pass.js';
import { prunePass } from './prune.js';

const EXAMPLE = join(__dirname, '../../../../../examples/seed-net');
const TEST_DIGITS = 400;

/** What differs between two trials, besides the options. */
export interface SeedNetTrial {
  model?: ModelProto;
  seed?: number;
  data?: Dataset | null;
  outputPath?: string;
  /** Takes what the pass says that it is at. */
  said?: string[];
}

/** The trained seed-net and its digits, open from before the tests of a `describe` until after them. */
export class SeedNet {
  private baseline = new Uint8Array();
  private digits: Dataset | null = null;

  constructor() {
    beforeAll(async () => {
      this.digits = await openDataset(EXAMPLE);
      this.baseline = await readFile(join(EXAMPLE, 'seed-net.onnx'));
    });
    afterAll(() => this.digits?.close());
  }

  /** A copy of the net as it was trained. */
  model(): ModelProto {
    return readModel(this.baseline);
  }

  /** What the pass returns for a copy of the net. */
  prune(
    options: Partial<PruneOptions>,
    { model = this.model(), seed = 1, data = this.digits, outputPath = '.', said = [] }: SeedNetTrial = {},
  ): Promise<PassResult> {
    const context = stageContext(model, {
      baseline: this.baseline,
      history: [this.baseline],
      data,
      seed,
      outputPath,
      progress: (_fraction: number, message?: string) => void said.push(message ?? ''),
    });
    return prunePass.run(context, PruneOptions.parse(options));
  }

  /** Share of the first test digits that the net gets right once pruned, 0..1. */
  async top1After(options: Partial<PruneOptions>, trial: SeedNetTrial = {}): Promise<number> {
    return this.top1((await this.prune(options, trial)).model!);
  }

  /** The mean of that for the control over three seeds. */
  async chance(options: Partial<PruneOptions>): Promise<number> {
    const drawn = [];
    for (const seed of [1, 2, 3]) drawn.push(await this.top1After({ ...options, importance: 'random' }, { seed }));
    return drawn.reduce((sum, value) => sum + value, 0) / drawn.length;
  }

  async top1(model: ModelProto): Promise<number> {
    const session = await Session.create(writeModel(model));
    let right = 0;
    for await (const { inputs, labels, size } of this.digits!.bindInputs(['input']).batches('test', {
      batchSize: 200,
      limit: TEST_DIGITS,
    })) {
      const logits = Object.values(await session.run(inputs))[0]!.data as Float32Array;
      for (let i = 0; i < size; i++) right += Number(greatest(logits.subarray(i * 10, i * 10 + 10)) === labels![i]);
    }
    await session.release();
    return right / TEST_DIGITS;
  }
}

function greatest(values: Float32Array): number {
  return values.reduce((best, value, i) => (value > values[best]! ? i : best), 0);
}

import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CATALOG } from '#compression';
import { QuantizeOptions } from '#contracts';
import { openDataset, type Dataset } from '#datasets';
import { linePlot, scoreModels } from '#evaluation';
import { Session } from '#inference';
import { readModel, writeModel } from '#onnx';
import { EXAMPLES, smallDigits } from './digits.js';
import { round, type BenchResult } from './harness.js';

/** Average widths asked of mixed precision. */
const BUDGETS = [2.01, 2.05, 2.15, 2.5, 3, 4.02, 4.1, 4.3, 5, 8];

/** Widths given to every layer alike; 3 bits are stored in 4. */
const UNIFORM = [8, 4, 3, 2] as const;

interface Subject {
  net: string;
  bytes: Uint8Array;
  data: Dataset;
  folder: string;
}

interface Row extends BenchResult {
  net: string;
  widths: string;
  averageBits: number;
  bytesRatio: number;
  snrDb: number | null;
}

/**
 * Widths chosen layer by layer against the same width everywhere, on 2,000 test digits that neither ranges nor widths
 * were chosen on. Given a folder, it also writes a plot of each net there.
 */
export async function run([plots]: readonly string[]): Promise<BenchResult[]> {
  const folder = await mkdtemp(join(tmpdir(), 'coldpress-bench-'));
  try {
    const subjects: Subject[] = [
      {
        net: 'seed-net',
        bytes: await readFile(join(EXAMPLES, 'seed-net/seed-net.onnx')),
        data: await openDataset(join(EXAMPLES, 'seed-net')),
        folder,
      },
      {
        net: 'lenet-5',
        bytes: await readFile(join(EXAMPLES, 'lenet/lenet-5.onnx')),
        data: await smallDigits(folder),
        folder,
      },
    ];
    const results: BenchResult[] = [];
    for (const subject of subjects) {
      const rows = await measure(subject);
      if (plots) await writePlot(plots, subject.net, rows);
      results.push(...rows);
      await subject.data.close();
    }
    return results;
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function measure(subject: Subject): Promise<Row[]> {
  const rows: Row[] = [];
  for (const weightBits of UNIFORM)
    rows.push(await row(subject, `${weightBits} everywhere`, weightBits, { weightBits }));
  for (const averageBits of BUDGETS)
    rows.push(await row(subject, `mixed, at most ${averageBits}`, averageBits, { mixed: { averageBits } }));
  return rows;
}

async function row(
  { net, bytes, data, folder }: Subject,
  widths: string,
  bits: number,
  given: Parameters<typeof QuantizeOptions.parse>[0],
): Promise<Row> {
  const context = {
    model: readModel(bytes),
    baseline: bytes,
    history: [bytes],
    data,
    seed: 0,
    threads: 1,
    outputPath: folder,
    progress() {},
    log() {},
  };
  const { model, summary } = await CATALOG.quantize.run(context, QuantizeOptions.parse(given));
  const quantized = writeModel(model!);
  const chosen = summary['mixed'] as { averageBits: number } | undefined;
  const { top1, outputSnrDb } = await score(bytes, quantized, data);
  return {
    net,
    widths,
    averageBits: round(chosen?.averageBits ?? bits),
    bytesRatio: round(quantized.length / bytes.length),
    snrDb: typeof outputSnrDb === 'number' ? round(outputSnrDb) : null,
    top1: top1 ?? null,
  };
}

async function score(float: Uint8Array, quantized: Uint8Array, data: Dataset) {
  const [exact, changed] = [await Session.create(float), await Session.create(quantized)];
  const bound = data.bindInputs(exact.inputs.map(({ name }) => name));
  const { scores } = await scoreModels([exact, changed], bound.batches('test', { batchSize: 200 }), bound.classes);
  await exact.release();
  await changed.release();
  return scores[1]!;
}

async function writePlot(folder: string, net: string, rows: readonly Row[]): Promise<void> {
  const points = (kind: RegExp) =>
    rows
      .filter(({ widths }) => kind.test(widths))
      .map(({ bytesRatio, snrDb }) => [bytesRatio, snrDb ?? NaN] as const)
      .toSorted((a, b) => a[0] - b[0]);
  await mkdir(folder, { recursive: true });
  await writeFile(
    join(folder, `mixed-${net}.svg`),
    linePlot({
      title: `${net}: widths chosen by sensitivity`,
      xLabel: 'bytes against float',
      yLabel: 'SNR of the outputs on test digits, dB',
      series: [
        { name: 'mixed', points: points(/^mixed/) },
        { name: 'the same width everywhere', points: points(/everywhere/), style: 'marks' },
      ],
    }),
  );
}

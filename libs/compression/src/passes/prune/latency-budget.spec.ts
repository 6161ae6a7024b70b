import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fromBinary } from '@bufbuild/protobuf';
import { PruneOptions } from '#contracts';
import { Graph, ModelProtoSchema, writeModel } from '#onnx';
import { stageContext } from '../../context.fixture.js';
import { liftConstants } from '../../rewrites/constants.js';
import type { PruningBudget } from '../../pruning/budget/budget.js';
import {
  ratioPlot,
  searchLatency,
  type LatencyReport,
  type LatencySearch,
} from '../../pruning/budget/latency-budget.js';
import { latencyModel, type LatencyPoint, type MeasureModels } from '../../pruning/budget/latency-table.js';
import { prunePass } from './prune.js';
import { pruneChannels } from '../../pruning/channels/prune-channels.js';

const seedNet = () => fromBinary(ModelProtoSchema, readFileSync('examples/seed-net/seed-net.onnx'));

const point = (macs: number, ms: number): LatencyPoint => ({ ratio: 0, macs, ms, uncertaintyMs: 0 });

/** A clock by which a model takes a fixed time and a microsecond per byte. */
const byBytes: MeasureModels = async (models) => models.map(({ length }) => Array<number>(20).fill(1 + length / 1000));

/** Time is no line over multiply-accumulates here, so that interpolation has an error to make. */
function searchOf(budget: PruningBudget, measure: MeasureModels = byBytes): LatencySearch {
  const kept = (ratio: number) => Math.ceil(64 * (1 - ratio));
  return {
    budget,
    figuresAt: (ratio) => ({ macs: kept(ratio) ** 2, bytes: kept(ratio), parameters: kept(ratio) }),
    prunedAt: (ratio) => new Uint8Array(100 * kept(ratio)),
    measure,
  };
}

describe('latencyModel', () => {
  it('passes through its points, joins them by lines and stays level outside', () => {
    const timeOf = latencyModel([point(400, 9), point(100, 3), point(200, 5)]);
    expect([50, 100, 150, 200, 300, 400, 500].map(timeOf)).toEqual([3, 3, 4, 5, 7, 9, 9]);
  });

  it('takes the mean of points between which less work took longer', () => {
    const timeOf = latencyModel([point(1, 1), point(2, 6), point(3, 4), point(4, 8)]);
    expect([1, 2, 2.5, 3, 4].map(timeOf)).toEqual([1, 5, 5, 5, 8]);
  });
});

describe('searchLatency', () => {
  it('removes more the less time is left, and no more than needed', async () => {
    const reports = await Promise.all([0.9, 0.7, 0.5, 0.3].map((latency) => searchLatency(searchOf({ latency }))));
    const ratios = reports.map(({ ratio }) => ratio);
    expect(ratios).toEqual(ratios.toSorted((a, b) => a - b));
    expect(new Set(ratios).size).toBe(4);
    for (const { isMet, attempts, warnings } of reports) {
      const last = attempts.at(-1)!;
      expect(isMet).toBe(true);
      expect(warnings).toEqual([]);
      expect(last.measuredMs).toBeLessThanOrEqual(last.allowedMs);
      expect(last.measuredMs / last.allowedMs).toBeGreaterThan(0.93);
    }
  });

  it('keeps to milliseconds, and to the other goals of the budget', async () => {
    expect((await searchLatency(searchOf({ latencyMs: 3.7 }))).attempts.at(-1)!.measuredMs).toBeLessThanOrEqual(3.7);
    expect((await searchLatency(searchOf({ latency: 0.9, bytes: 0.25 }))).ratio).toBeCloseTo(0.75, 2);
  });

  it('corrects its aim once by what the first choice missed', async () => {
    let runs = 0;
    const slowerThanTable: MeasureModels = async (models) => {
      const samples = await byBytes(models);
      return runs++ === 0 ? samples : [samples[0]!, samples[1]!.map((ms) => 1.2 * ms)];
    };
    const { attempts, isMet, verdict } = await searchLatency(searchOf({ latency: 0.6 }, slowerThanTable));
    expect(attempts).toHaveLength(2);
    expect(attempts[0]!.measuredMs).toBeGreaterThan(attempts[0]!.allowedMs);
    expect(attempts[1]!.ratio).toBeGreaterThan(attempts[0]!.ratio);
    expect(isMet).toBe(true);
    expect(verdict).toMatch(/^latency budget met: .* predicted, .* allowed\)$/);
  });

  it('takes the least ratio that is as fast as it gets where the budget is out of reach, and says how far it got', async () => {
    const { ratio, isMet, verdict, warnings } = await searchLatency(searchOf({ latency: 0.05 }));
    expect(ratio).toBeGreaterThan(0.97);
    expect(isMet).toBe(false);
    expect(verdict).toMatch(/^latency budget missed: 1\.1 ms of 7\.4 ms/);
    expect(warnings).toEqual([
      expect.stringMatching(/out of reach: the fastest pruning takes 14\.9 % .* 5 % were allowed/),
    ]);
  });

  it('says when medians are known too badly to hold anything to', async () => {
    const noisy: MeasureModels = async (models) =>
      (await byBytes(models)).map((samples) => samples.map((ms, i) => (i % 2 === 0 ? ms : 2 * ms)));
    expect((await searchLatency(searchOf({ latency: 0.5 }, noisy))).warnings).toContainEqual(
      expect.stringMatching(/too noisy/),
    );
  });

  it('leaves a model alone that is fast enough', async () => {
    expect(await searchLatency(searchOf({ latencyMs: 100 }))).toMatchObject({
      ratio: 0,
      attempts: [],
      isMet: true,
      verdict: expect.stringContaining('as it is'),
    });
  });

  it('draws what was measured and predicted', async () => {
    const svg = ratioPlot(await searchLatency(searchOf({ latency: 0.5 })));
    for (const name of ['measured', 'predicted', 'chosen, measured again']) expect(svg).toContain(`>${name}<`);
  });
});

describe('pruneChannels with a latency budget', () => {
  const outputPath = mkdtempSync(join(tmpdir(), 'latency-'));
  afterAll(() => rmSync(outputPath, { recursive: true }));

  it('really prunes what it times, and returns the model that was verified', async () => {
    const graph = new Graph(seedNet());
    liftConstants(graph);
    const timed: number[][] = [];
    const clock: MeasureModels = (models) => (timed.push(models.map(({ length }) => length)), byBytes(models));
    const { latency, ratio, before, after } = await pruneChannels(
      graph,
      PruneOptions.parse({ budget: { latency: 0.4 } }),
      { data: null, seed: 0, threads: 1 },
      clock,
    );
    expect(timed[0]).toEqual(timed[0]!.toSorted((a, b) => b - a));
    expect(latency!.table.map((row) => row.ratio)).toEqual([0, 1 / 8, 2 / 8, 3 / 8, 4 / 8, 5 / 8, 6 / 8, 7 / 8, 0.99]);
    expect(latency).toMatchObject({ isMet: true, ratio });
    expect(timed.at(-1)).toEqual([timed[0]![0], writeModel(graph.model).length]);
    expect(after.bytes).toBeLessThan(0.41 * before.bytes);
  });

  it('keeps the table that was measured on this machine, drawn too, and says what came of it', async () => {
    const context = stageContext(seedNet(), { seed: 1, outputPath });
    const { files, summary } = await prunePass.run(context, PruneOptions.parse({ budget: { latency: 0.6 } }));
    expect(files).toEqual(['latency.json', 'latency.svg']);
    const report = JSON.parse(readFileSync(join(outputPath, 'latency.json'), 'utf8')) as LatencyReport;
    expect(report.table.every(({ ms }) => ms > 0)).toBe(true);
    expect(summary).toMatchObject({
      ratio: report.ratio,
      latency: { attempts: report.attempts, isMet: report.isMet },
      warnings: report.warnings,
      verdict: expect.stringContaining(report.verdict),
    });
    expect(readFileSync(join(outputPath, 'latency.svg'), 'utf8')).toContain('predicted');
  });
});

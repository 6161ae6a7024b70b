import { z } from 'zod';
import { ReportedBenchmark } from './devices/benchmark.js';
import { Digest } from './digest.js';
import { ModelMetrics, Skipped } from './metrics.js';
import { GateVerdict, Recipe } from './recipe.js';

/** A stage as the report has it. */
export const ReportedStage = z
  .object({
    pass: z.string(),
    passVersion: z.int().describe('Version of the pass: another may give another result.'),
    options: z.record(z.string(), z.unknown()).describe('Options, defaults included.'),
    key: z.string().nullable().describe('SHA-256 of all that decides the result.'),
    cached: z.boolean().describe('Found under its key, not computed by this job.'),
    modelDigest: Digest.nullable(),
    metrics: ModelMetrics.nullable(),
    skipped: z.array(Skipped),
    summary: z.record(z.string(), z.unknown()),
    seconds: z.number().nullable(),
  })
  .meta({ id: 'ReportedStage' });
export type ReportedStage = z.infer<typeof ReportedStage>;

/** What it takes to come to the same models again. */
export const Reproduction = z
  .object({
    model: z.object({ digest: Digest, name: z.string() }),
    dataset: z.object({ digest: Digest, name: z.string() }).nullable(),
    recipe: Recipe,
    seed: z.int().describe('Decides every random choice.'),
    models: z.array(Digest.nullable()).describe('Digest of what each stage made, in order.'),
    versions: z.record(z.string(), z.string()).describe('Of Coldpress, the runtime and Node.js.'),
    machine: z.string().describe('Where the report was written: kernels, and so digests, may differ on another.'),
  })
  .meta({ id: 'Reproduction' });
export type Reproduction = z.infer<typeof Reproduction>;

/** The evidence of a job that succeeded, as `report.json` holds it. */
export const Report = z
  .object({
    format: z.literal('coldpress-report').describe('What this document is.'),
    formatVersion: z.literal(1),
    job: z.uuid(),
    title: z.string().describe("The job's name, or what its recipe asks for."),
    name: z.string().nullable(),
    createdAt: z.iso.datetime(),
    model: Digest,
    dataset: Digest.nullable(),
    recipe: Recipe,
    baseline: ModelMetrics,
    final: ModelMetrics,
    verdict: z.string().describe('What was gained, in words.'),
    stages: z.array(ReportedStage),
    gates: z.array(GateVerdict),
    devices: z.array(ReportedBenchmark).optional().describe('What devices measured, where some were asked.'),
    reproduction: Reproduction,
  })
  .meta({ id: 'Report' });
export type Report = z.infer<typeof Report>;

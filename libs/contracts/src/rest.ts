import { z } from 'zod';
import { DatasetManifest } from './dataset.js';
import { Digest } from './digest.js';
import { ModelMetrics, Skipped, StageMetrics } from './metrics.js';
import { Gate, GateVerdict, Recipe } from './recipe.js';
import { DatasetInspection, ModelInspection, Preflight } from './stage-process.js';

/** RFC 9457, with a stable `code`, the `field` at fault where there is one, and the way out in `detail`. */
export const Problem = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.number(),
    code: z.string(),
    detail: z.string(),
    errors: z.array(z.object({ field: z.string(), message: z.string() })).optional(),
  })
  .meta({ id: 'Problem' });
export type Problem = z.infer<typeof Problem>;

export function Page<T extends z.ZodType>(item: T) {
  return z.object({ items: z.array(item), nextCursor: z.string().nullable() });
}
export const PageQuery = z.strictObject({
  cursor: z.string().max(500).optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
});

/** A model or data set that lies elsewhere: `s3://bucket/key` or `file:///path` below an allowed folder. */
export const RegisterUri = z
  .strictObject({ uri: z.string().min(1), name: z.string().max(200).optional() })
  .meta({ id: 'RegisterUri' });
export type RegisterUri = z.infer<typeof RegisterUri>;

export const Model = z
  .object({ id: Digest, name: z.string(), bytes: z.number(), createdAt: z.iso.datetime(), inspection: ModelInspection })
  .meta({ id: 'Model' });
export type Model = z.infer<typeof Model>;

export const DatasetRecord = z
  .object({
    id: Digest,
    name: z.string(),
    bytes: z.number(),
    createdAt: z.iso.datetime(),
    manifest: DatasetManifest,
    inspection: DatasetInspection,
  })
  .meta({ id: 'Dataset' });
export type DatasetRecord = z.infer<typeof DatasetRecord>;

const Name = z.string().trim().min(1).max(200).optional();
/** The name of a model whose bytes are sent. */
export const UploadQuery = z.strictObject({ name: Name });
export const ModelQuery = PageQuery.extend({ name: z.string().max(200).optional() });
export type ModelQuery = z.infer<typeof ModelQuery>;
export const DatasetQuery = PageQuery.extend({ name: z.string().max(200).optional() });
export type DatasetQuery = z.infer<typeof DatasetQuery>;

const Check = z.object({ ok: z.boolean(), error: z.string().optional() });
export const Readiness = z
  .object({ status: z.enum(['ok', 'unavailable']), checks: z.object({ database: Check, queue: Check, store: Check }) })
  .meta({ id: 'Readiness' });
export type Readiness = z.infer<typeof Readiness>;

export const PassInfo = z
  .object({
    name: z.string(),
    summary: z.string(),
    version: z.number(),
    options: z.record(z.string(), z.unknown()).describe('JSON Schema of the options.'),
  })
  .meta({ id: 'PassInfo' });
export type PassInfo = z.infer<typeof PassInfo>;

export const JobState = z.enum(['queued', 'running', 'succeeded', 'failed', 'cancelled']);
export type JobState = z.infer<typeof JobState>;
/** Succeeded and failed are about the stages; whether the gates hold is `gatesPassed`. */
export const isFinal = (state: JobState): boolean =>
  state === 'succeeded' || state === 'failed' || state === 'cancelled';

export const StageState = z.enum(['waiting', 'running', 'succeeded', 'failed', 'cancelled']);
export type StageState = z.infer<typeof StageState>;

export const Failure = z.object({ code: z.string(), message: z.string() }).meta({ id: 'Failure' });
export type Failure = z.infer<typeof Failure>;

export const ArtifactRef = z
  .object({ name: z.string(), digest: Digest, bytes: z.number() })
  .meta({ id: 'ArtifactRef' });
export type ArtifactRef = z.infer<typeof ArtifactRef>;

export const JobStage = z
  .object({
    index: z.number().int(),
    pass: z.string(),
    options: z.record(z.string(), z.unknown()),
    state: StageState,
    key: z.string().nullable(),
    cached: z.boolean().describe('The result was found under its stage key and verified by digest.'),
    progress: z.number().min(0).max(1),
    attempts: z.number().int(),
    modelDigest: Digest.nullable(),
    metrics: StageMetrics.nullable(),
    skipped: z.array(Skipped),
    summary: z.record(z.string(), z.unknown()),
    artifacts: z.array(ArtifactRef),
    error: Failure.nullable(),
    startedAt: z.iso.datetime().nullable(),
    finishedAt: z.iso.datetime().nullable(),
    seconds: z.number().nullable(),
  })
  .meta({ id: 'JobStage' });
export type JobStage = z.infer<typeof JobStage>;

export const Job = z
  .object({
    id: z.uuid(),
    name: z.string().nullable(),
    state: JobState,
    modelId: Digest,
    datasetId: Digest.nullable(),
    sweepId: z.uuid().nullable().describe('The sweep whose trial it is.'),
    recipe: Recipe,
    baseline: ModelMetrics.nullable(),
    stages: z.array(JobStage),
    gates: z.array(GateVerdict),
    gatesPassed: z.boolean().nullable(),
    preflight: Preflight,
    error: Failure.nullable(),
    createdAt: z.iso.datetime(),
    finishedAt: z.iso.datetime().nullable(),
  })
  .meta({ id: 'Job' });
export type Job = z.infer<typeof Job>;

/** The figures of a model by which jobs are compared. */
export const Figures = StageMetrics.pick({
  bytes: true,
  compressedBytes: true,
  top1: true,
  outputSnrDb: true,
  latencyMsP50: true,
  latencyRatio: true,
}).meta({ id: 'Figures' });
export type Figures = z.infer<typeof Figures>;

/** A job as lists show it; what its stages found is in the job itself. */
export const JobItem = Job.pick({
  id: true,
  name: true,
  state: true,
  modelId: true,
  datasetId: true,
  sweepId: true,
  gatesPassed: true,
  error: true,
  createdAt: true,
  finishedAt: true,
})
  .extend({
    title: z.string().describe('What the recipe asks for, or its name.'),
    baseline: Figures.nullable().describe('The figures of the input model.'),
    final: Figures.nullable().describe('The figures of the last model that was measured.'),
    finalDigest: Digest.nullable().describe('SHA-256 of that model: jobs that came to the same model have the same.'),
    stages: z.array(
      JobStage.pick({ pass: true, state: true, progress: true }).extend({
        options: JobStage.shape.options
          .nullable()
          .describe('As the recipe has them; null where they are too long for a list.'),
      }),
    ),
  })
  .meta({ id: 'JobItem' });
export type JobItem = z.infer<typeof JobItem>;

/** `recipe` is an object, or a YAML/JSON document as text. */
export const JobSubmission = z
  .strictObject({
    name: z.string().max(200).optional(),
    model: Digest,
    dataset: Digest.nullable().optional(),
    recipe: z.union([Recipe, z.string()]),
  })
  .meta({ id: 'JobSubmission' });
export type JobSubmission = z.infer<typeof JobSubmission>;

export const JobQuery = PageQuery.extend({
  state: JobState.optional(),
  model: Digest.optional(),
  sweep: z.uuid().optional().describe('The jobs of the trials of this sweep, which the list leaves out else.'),
  name: z.string().max(200).optional().describe("The whole name, or the recipe's where the job has none of its own."),
  q: z
    .string()
    .max(200)
    .optional()
    .describe("A part of the name, of the recipe's name, or of the name of a pass, in any case."),
});
export type JobQuery = z.infer<typeof JobQuery>;

export { Gate };

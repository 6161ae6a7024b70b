import { z } from 'zod';

/**
 * What the holder of an API key may do: a viewer reads, a member also submits, cancels and deletes, an admin also makes
 * and revokes keys, enrols and removes devices, and looks into the queue.
 */
export const KeyRole = z.enum(['viewer', 'member', 'admin']).meta({ id: 'KeyRole' });
export type KeyRole = z.infer<typeof KeyRole>;

/** A role includes those before it. */
export const mayActAs = (role: KeyRole, needed: KeyRole): boolean =>
  KeyRole.options.indexOf(role) >= KeyRole.options.indexOf(needed);

export const ApiKey = z
  .object({
    id: z.uuid(),
    name: z.string(),
    role: KeyRole,
    createdAt: z.iso.datetime(),
    lastUsedAt: z.iso.datetime().nullable().describe('To the minute; null while it was never used.'),
  })
  .meta({ id: 'ApiKey' });
export type ApiKey = z.infer<typeof ApiKey>;

export const ApiKeyRequest = z
  .strictObject({ name: z.string().trim().min(1).max(200), role: KeyRole })
  .meta({ id: 'ApiKeyRequest' });
export type ApiKeyRequest = z.infer<typeof ApiKeyRequest>;

export const CreatedApiKey = ApiKey.extend({
  key: z.string().describe('The key itself; this answer is the only one that has it.'),
}).meta({ id: 'CreatedApiKey' });
export type CreatedApiKey = z.infer<typeof CreatedApiKey>;

/** What of a worker enters the keys of its stages. */
export const WorkerKind = z.object({
  engine: z.string().describe('The version of ONNX Runtime.'),
  threads: z.int().describe('Threads of one stage.'),
  memoryMb: z.int().describe('Memory ceiling of a stage, MiB.'),
  hardware: z.string(),
  concurrency: z.int().describe('Stages at a time.'),
});
export type WorkerKind = z.infer<typeof WorkerKind>;

export const StoredKind = z.object({
  kind: z.enum(['models', 'datasets', 'stageModels', 'stageFiles', 'checkpoints']),
  files: z.int(),
  bytes: z.number(),
});
export type StoredKind = z.infer<typeof StoredKind>;

/** The system as operators look at it. What another server keeps from being known is null, and `/ready` says why. */
export const SystemReport = z
  .object({
    versions: z.object({
      coldpress: z.string(),
      node: z.string(),
      database: z.string().describe('The version of PostgreSQL.'),
      engines: z.array(z.string()).describe('Versions of ONNX Runtime among the workers of the last 30 days.'),
    }),
    queue: z
      .object({
        backend: z.enum(['postgres', 'redis']),
        waiting: z.int().describe('Stages that wait for a worker.'),
        active: z.int().describe('Stages that a worker has taken.'),
        delayed: z.int().describe('Stages that are tried again later, and ends of jobs that wait for devices.'),
        blocked: z.int().describe('Stages that wait for the one before them.'),
        workers: z.array(z.string()).describe('Workers that are connected, as host:process.'),
      })
      .nullable(),
    workerKinds: z.array(WorkerKind).describe('Kinds of workers of the last 30 days.'),
    lastDay: z.object({
      jobs: z.object({ succeeded: z.int(), failed: z.int(), cancelled: z.int() }),
      computed: z.int().describe('Stages that were computed.'),
      cached: z.int().describe('Stages whose result was found.'),
      seconds: z.number().describe('Time of the computed ones.'),
      hours: z
        .array(z.object({ from: z.iso.datetime(), computed: z.int(), cached: z.int() }))
        .describe('The last 24 hours, oldest first; the last one has not ended.'),
    }),
    results: z.int().describe('Results in the cache.'),
    storage: z.array(StoredKind).describe('Files by what they are; equal files of one kind are one.'),
    caller: z.object({ name: z.string(), role: KeyRole }).describe('The API key that asks.'),
  })
  .meta({ id: 'SystemReport' });
export type SystemReport = z.infer<typeof SystemReport>;

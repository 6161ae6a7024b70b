import type {
  ArtifactRef,
  DatasetInspection,
  DatasetManifest,
  Failure,
  GateVerdict,
  JobEvent,
  JobState,
  ModelInspection,
  ModelMetrics,
  Preflight,
  Recipe,
  KeyRole,
  Skipped,
  StageMetrics,
  StageState,
} from '#contracts';
import { sql } from 'drizzle-orm';
import {
  bigint,
  boolean,
  doublePrecision,
  foreignKey,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  text,
  timestamp,
  uuid,
} from 'drizzle-orm/pg-core';

export const instant = (name: string) => timestamp(name, { withTimezone: true, precision: 3, mode: 'date' });
export const byteColumn = (name: string) => bigint(name, { mode: 'number' });

export const models = pgTable(
  'models',
  {
    id: text('id').primaryKey(),
    name: text('name').notNull(),
    bytes: byteColumn('bytes').notNull(),
    inspection: jsonb('inspection').$type<ModelInspection>().notNull(),
    createdAt: instant('created_at').notNull().defaultNow(),
  },
  (table) => [
    index('models_by_age').on(table.createdAt, table.id),
    index('models_by_name').on(table.name, table.createdAt, table.id),
  ],
);

export const datasets = pgTable(
  'datasets',
  {
    id: text('id').primaryKey(),
    name: text('name').notNull(),
    bytes: byteColumn('bytes').notNull(),
    manifest: jsonb('manifest').$type<DatasetManifest>().notNull(),
    /** Digest of each file that the manifest names. */
    files: jsonb('files').$type<Record<string, string>>().notNull(),
    inspection: jsonb('inspection').$type<DatasetInspection>().notNull(),
    createdAt: instant('created_at').notNull().defaultNow(),
  },
  (table) => [
    index('datasets_by_age').on(table.createdAt, table.id),
    index('datasets_by_name').on(table.name, table.createdAt, table.id),
  ],
);

export const jobs = pgTable(
  'jobs',
  {
    id: uuid('id').primaryKey(),
    name: text('name'),
    state: text('state').$type<JobState>().notNull().default('queued'),
    modelId: text('model_id')
      .notNull()
      .references(() => models.id),
    datasetId: text('dataset_id').references(() => datasets.id),
    recipe: jsonb('recipe').$type<Recipe>().notNull(),
    preflight: jsonb('preflight').$type<Preflight>().notNull(),
    baseline: jsonb('baseline').$type<ModelMetrics>(),
    gates: jsonb('gates').$type<GateVerdict[]>().notNull().default([]),
    gatesPassed: boolean('gates_passed'),
    error: jsonb('error').$type<Failure>(),
    /** Counts the retries by a user; part of the queue's ids, so that a retry is a new flow. */
    run: integer('run').notNull().default(1),
    /** The id of the job's newest event; taken under the row's lock, so that ids appear in order. */
    lastEvent: integer('last_event').notNull().default(0),
    /** Whether the queue was given this run; false again when the queue lost what it held. */
    enqueued: boolean('enqueued').notNull().default(false),
    cancelRequestedAt: instant('cancel_requested_at'),
    /** The sweep whose trial it is; with it the job goes. */
    sweepId: uuid('sweep_id'),
    /** Its first stages that the sums of that sweep hold. */
    summed: integer('summed').notNull().default(0),
    /** The lower the sooner, 0 before all others: trials have the number of their place among those that run. */
    priority: integer('priority').notNull().default(0),
    /**
     * What it is looked for by: its name, its recipe's and those of the passes, in small letters. The migration that
     * made it has an index of its trigrams, where the server lets pg_trgm be made.
     */
    sought: text('sought').generatedAlwaysAs(
      sql`lower(coalesce("name", '') || ' ' || coalesce("recipe"->>'name', '') || ' ' || jsonb_path_query_array("recipe", '$.passes[*].pass')::text)`,
    ),
    createdAt: instant('created_at').notNull().defaultNow(),
    finishedAt: instant('finished_at'),
  },
  (table) => [
    index('jobs_by_sweep').on(table.sweepId, table.createdAt, table.id),
    index('jobs_by_age').on(table.createdAt, table.id),
    index('jobs_by_state').on(table.state, table.createdAt, table.id),
    index('jobs_by_model').on(table.modelId, table.createdAt, table.id),
    index('jobs_by_name').on(table.name, table.createdAt, table.id),
    index('jobs_by_dataset').on(table.datasetId),
    index('jobs_to_enqueue')
      .on(table.createdAt, table.id)
      .where(sql`not ${table.enqueued} and ${table.state} in ('queued', 'running')`),
    index('jobs_enqueued')
      .on(table.id)
      .where(sql`${table.enqueued} and ${table.state} in ('queued', 'running')`),
  ],
);

/** Models that the options of a job's passes name, beside its input model: they stay while the job does. */
export const jobModels = pgTable(
  'job_models',
  {
    jobId: uuid('job_id')
      .notNull()
      .references(() => jobs.id, { onDelete: 'cascade' }),
    modelId: text('model_id')
      .notNull()
      .references(() => models.id),
  },
  (table) => [primaryKey({ columns: [table.jobId, table.modelId] }), index('job_models_by_model').on(table.modelId)],
);

export const jobStages = pgTable(
  'job_stages',
  {
    jobId: uuid('job_id')
      .notNull()
      .references(() => jobs.id, { onDelete: 'cascade' }),
    index: integer('index').notNull(),
    pass: text('pass').notNull(),
    options: jsonb('options').$type<Record<string, unknown>>().notNull(),
    state: text('state').$type<StageState>().notNull().default('waiting'),
    key: text('key'),
    cached: boolean('cached').notNull().default(false),
    progress: doublePrecision('progress').notNull().default(0),
    attempts: integer('attempts').notNull().default(0),
    modelDigest: text('model_digest'),
    metrics: jsonb('metrics').$type<StageMetrics>(),
    skipped: jsonb('skipped').$type<Skipped[]>().notNull().default([]),
    summary: jsonb('summary').$type<Record<string, unknown>>().notNull().default({}),
    error: jsonb('error').$type<Failure>(),
    startedAt: instant('started_at'),
    finishedAt: instant('finished_at'),
    seconds: doublePrecision('seconds'),
  },
  (table) => [
    primaryKey({ columns: [table.jobId, table.index] }),
    index('job_stages_by_key').on(table.key),
    index('job_stages_by_model').on(table.modelDigest),
  ],
);

/** What the stages of a job wrote to the store, by the name shown to the user. */
export const artifacts = pgTable(
  'artifacts',
  {
    jobId: uuid('job_id').notNull(),
    stageIndex: integer('stage_index').notNull(),
    name: text('name').notNull(),
    digest: text('digest').notNull(),
    bytes: byteColumn('bytes').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.jobId, table.stageIndex, table.name] }),
    foreignKey({
      columns: [table.jobId, table.stageIndex],
      foreignColumns: [jobStages.jobId, jobStages.index],
    }).onDelete('cascade'),
    index('artifacts_by_digest').on(table.digest),
  ],
);

/**
 * Results by stage key: what decides a result decides its key, so a row is never changed, only completed by its
 * transfer size or replaced by its equal.
 */
export const stageResults = pgTable('stage_results', {
  key: text('key').primaryKey(),
  pass: text('pass').notNull(),
  modelDigest: text('model_digest').notNull(),
  modelBytes: byteColumn('model_bytes').notNull(),
  changed: boolean('changed').notNull(),
  metrics: jsonb('metrics').$type<StageMetrics>().notNull(),
  history: jsonb('history').$type<ModelMetrics[]>(),
  skipped: jsonb('skipped').$type<Skipped[]>().notNull(),
  summary: jsonb('summary').$type<Record<string, unknown>>().notNull(),
  artifacts: jsonb('artifacts').$type<ArtifactRef[]>().notNull(),
  seconds: doublePrecision('seconds').notNull(),
  createdAt: instant('created_at').notNull().defaultNow(),
});

/**
 * Checkpoints of running stages in the store. A row is written before its bytes are put, so that no bytes are ever
 * forgotten.
 */
export const stageCheckpoints = pgTable(
  'stage_checkpoints',
  {
    digest: text('digest').notNull(),
    key: text('key').notNull(),
    bytes: byteColumn('bytes').notNull(),
    stored: boolean('stored').notNull().default(false),
    /** Of a training that has ended, kept for longer ones: its epochs, and the job that it was of. */
    epochs: integer('epochs'),
    jobId: uuid('job_id'),
    createdAt: instant('created_at').notNull().defaultNow(),
  },
  (table) => [primaryKey({ columns: [table.key, table.digest] })],
);

export const jobEvents = pgTable(
  'job_events',
  {
    jobId: uuid('job_id')
      .notNull()
      .references(() => jobs.id, { onDelete: 'cascade' }),
    id: integer('id').notNull(),
    at: instant('at').notNull().defaultNow(),
    event: jsonb('event').$type<JobEvent>().notNull(),
  },
  (table) => [primaryKey({ columns: [table.jobId, table.id] })],
);

export const apiKeys = pgTable('api_keys', {
  id: uuid('id').primaryKey(),
  name: text('name').notNull(),
  /** SHA-256 of the key; the key itself is shown once and kept nowhere. */
  hash: text('hash').notNull().unique(),
  /** Keys of earlier versions could do all there was. */
  role: text('role').$type<KeyRole>().notNull().default('admin'),
  createdAt: instant('created_at').notNull().defaultNow(),
  lastUsedAt: instant('last_used_at'),
});

export const idempotencyKeys = pgTable(
  'idempotency_keys',
  {
    key: text('key').primaryKey(),
    requestDigest: text('request_digest').notNull(),
    /** Null while the first request is being answered. */
    response: jsonb('response').$type<StoredResponse>(),
    /** Who answers it; only the owner may store the answer or free the key. */
    owner: uuid('owner'),
    /** Renewed for as long as the owner lives: a key that is not renewed is free. */
    renewedAt: instant('renewed_at').notNull().defaultNow(),
    createdAt: instant('created_at').notNull().defaultNow(),
  },
  (table) => [index('idempotency_keys_by_age').on(table.createdAt)],
);

/** Facts of the installation as a whole, by name. */
export const settings = pgTable('settings', {
  name: text('name').primaryKey(),
  value: jsonb('value').$type<unknown>().notNull(),
});

export interface StoredResponse {
  status: number;
  body: unknown;
}

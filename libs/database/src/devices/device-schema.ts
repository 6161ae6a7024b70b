import type {
  BenchmarkInput,
  BenchmarkResult,
  BenchmarkSettings,
  BenchmarkState,
  DeviceCondition,
  DeviceFingerprint,
  Failure,
  InputsFile,
  LeasedPoint,
} from '#contracts';
import { sql } from 'drizzle-orm';
import { boolean, doublePrecision, index, integer, jsonb, pgTable, text, uniqueIndex, uuid } from 'drizzle-orm/pg-core';
import { instant, jobs } from '../schema.js';

/** Registered machines that measure models. Their results are known by fingerprint, so that a row may go. */
export const devices = pgTable('devices', {
  id: uuid('id').primaryKey(),
  name: text('name').notNull().unique(),
  tags: jsonb('tags').$type<string[]>().notNull().default([]),
  /** SHA-256 of the device key. */
  keyHash: text('key_hash').notNull().unique(),
  protocol: integer('protocol').notNull(),
  version: text('version').notNull(),
  fingerprint: jsonb('fingerprint').$type<DeviceFingerprint>().notNull(),
  condition: jsonb('condition').$type<DeviceCondition>(),
  /** The start of the agent that speaks for the device now. */
  instance: uuid('instance'),
  /** In a row. */
  failures: integer('failures').notNull().default(0),
  draining: boolean('draining').notNull().default(false),
  /** Why it gets no work until somebody resumes it. */
  quarantine: text('quarantine'),
  enrolledAt: instant('enrolled_at').notNull().defaultNow(),
  lastSeenAt: instant('last_seen_at').notNull().defaultNow(),
});

export const enrolmentCodes = pgTable('enrolment_codes', {
  /** SHA-256 of the code. */
  hash: text('hash').primaryKey(),
  name: text('name'),
  tags: jsonb('tags').$type<string[]>().notNull().default([]),
  expiresAt: instant('expires_at').notNull(),
});

/**
 * What devices measure. A lease is the state `running`: held by one start of one device under a fencing number that
 * grows with each lease, until it ends or expires.
 */
export const benchmarks = pgTable(
  'benchmarks',
  {
    id: uuid('id').primaryKey(),
    jobId: uuid('job_id')
      .notNull()
      .references(() => jobs.id, { onDelete: 'cascade' }),
    stageIndex: integer('stage_index').notNull(),
    /** Which of the stage's benchmarks it is. */
    ordinal: integer('ordinal').notNull(),
    asked: text('asked').notNull(),
    /** The device that may take it, or the tag that one must have. */
    wantedName: text('wanted_name'),
    wantedTag: text('wanted_tag'),
    /** Tags by which the recipe asked for it, also where it is for one by name. */
    askedTags: jsonb('asked_tags').$type<string[]>().notNull().default([]),
    work: jsonb('work').$type<BenchmarkWork>().notNull(),
    fresh: boolean('fresh').notNull().default(false),
    state: text('state').$type<BenchmarkState>().notNull().default('waiting'),
    fence: integer('fence').notNull().default(0),
    attempts: integer('attempts').notNull().default(0),
    deviceId: uuid('device_id'),
    deviceName: text('device_name'),
    instance: uuid('instance'),
    expiresAt: instant('expires_at'),
    progress: doublePrecision('progress').notNull().default(0),
    message: text('message').notNull().default(''),
    /** When progress or message changed last: a device that sends heartbeats and gets nowhere is given up. */
    progressedAt: instant('progressed_at'),
    cached: boolean('cached').notNull().default(false),
    error: jsonb('error').$type<Failure>(),
    result: jsonb('result').$type<BenchmarkResult>(),
    createdAt: instant('created_at').notNull().defaultNow(),
    deadlineAt: instant('deadline_at').notNull(),
    startedAt: instant('started_at'),
    finishedAt: instant('finished_at'),
  },
  (table) => [
    uniqueIndex('benchmarks_of_stage').on(table.jobId, table.stageIndex, table.ordinal),
    index('benchmarks_open')
      .on(table.createdAt, table.id)
      .where(sql`${table.state} in ('waiting', 'running')`),
  ],
);

/** Results by what decides them: models, inputs, settings and the fingerprint of the device. */
export const benchmarkResults = pgTable('benchmark_results', {
  key: text('key').primaryKey(),
  deviceName: text('device_name').notNull(),
  result: jsonb('result').$type<BenchmarkResult>().notNull(),
  createdAt: instant('created_at').notNull().defaultNow(),
});

/** What a device is to do, without who does it. */
export interface BenchmarkWork {
  models: { digest: string; label: string }[];
  inputs: BenchmarkInput[];
  settings: BenchmarkSettings;
  /** Samples of the data set that are fed; absent where inputs are made up. */
  data?: InputsFile;
  /** Combinations of batch size and threads that are timed besides. */
  throughput?: LeasedPoint[];
}

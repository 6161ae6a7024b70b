import type {
  Assignment,
  Failure,
  ModelMetrics,
  StageMetrics,
  SweepDocument,
  SweepEvent,
  SweepForecast,
  SweepState,
  SweepSurvey,
  TrialCounts,
  TrialOrigin,
  TrialState,
  Verification,
} from '#contracts';
import { sql } from 'drizzle-orm';
import { doublePrecision, index, integer, jsonb, pgTable, primaryKey, text, uuid } from 'drizzle-orm/pg-core';
import { datasets, instant, jobs, models } from '../schema.js';

export const sweeps = pgTable(
  'sweeps',
  {
    id: uuid('id').primaryKey(),
    name: text('name'),
    state: text('state').$type<SweepState>().notNull().default('running'),
    modelId: text('model_id')
      .notNull()
      .references(() => models.id),
    datasetId: text('dataset_id').references(() => datasets.id),
    document: jsonb('document').$type<SweepDocument>().notNull(),
    forecast: jsonb('forecast').$type<SweepForecast>().notNull(),
    baseline: jsonb('baseline').$type<ModelMetrics>(),
    /** What its trials came to until now, kept under the row's lock; null where an earlier version began it. */
    sums: jsonb('sums').$type<SweepSums>(),
    /** Trials that were begun: the number of the next one. */
    asked: integer('asked').notNull().default(0),
    /** Counts changes of its trials under the row's lock, so that whoever has seen some asks for the rest alone. */
    revision: integer('revision').notNull().default(0),
    lastEvent: integer('last_event').notNull().default(0),
    /** Time that it ran until `runningSince`, or until it ended. */
    searchedSeconds: doublePrecision('searched_seconds').notNull().default(0),
    runningSince: instant('running_since').defaultNow(),
    /** Trials measured once more when the search ended, by their jobs. */
    verification: jsonb('verification').$type<Verification[]>().notNull().default([]),
    /** What the model of the space rests on; null until that is decided. */
    survey: jsonb('survey').$type<SweepSurvey>(),
    reason: text('reason'),
    error: jsonb('error').$type<Failure>(),
    createdAt: instant('created_at').notNull().defaultNow(),
    finishedAt: instant('finished_at'),
  },
  (table) => [
    index('sweeps_by_age').on(table.createdAt, table.id),
    index('sweeps_by_model').on(table.modelId),
    index('sweeps_by_dataset').on(table.datasetId),
    index('sweeps_open')
      .on(table.id)
      .where(sql`${table.state} in ('running', 'paused', 'stopping')`),
  ],
);

export type SweepRow = typeof sweeps.$inferSelect;

/**
 * What a sweep came to, kept as its trials begin and end, so that its record is read in the same time however many there
 * are: trials by state, and what the stages of those that have ended took.
 */
export interface SweepSums {
  counts: TrialCounts;
  feasible: number;
  stages: StageSums;
  /** Jobs that went on when their trials were ended: what else they come to is added when they have ended too. */
  open: string[];
}

/** What stages that have a result took; those that were found took nothing. */
export interface StageSums {
  stages: number;
  distinct: number;
  executed: number;
  seconds: number;
  bytes: number;
}

/** Stage keys and models that the sums of a sweep hold, as MD5 of their names: each counts once. */
export const sweepMarks = pgTable(
  'sweep_marks',
  {
    sweepId: uuid('sweep_id')
      .notNull()
      .references(() => sweeps.id, { onDelete: 'cascade' }),
    mark: uuid('mark').notNull(),
  },
  (table) => [primaryKey({ columns: [table.sweepId, table.mark] })],
);

/**
 * What a sampler is told of a complete trial: objectives turned so that lower is better, a figure for each constraint.
 */
export interface StoredOutcome {
  values: number[];
  constraints: number[];
}

export const trials = pgTable(
  'trials',
  {
    sweepId: uuid('sweep_id')
      .notNull()
      .references(() => sweeps.id, { onDelete: 'cascade' }),
    number: integer('number').notNull(),
    state: text('state').$type<TrialState>().notNull().default('running'),
    origin: text('origin').$type<TrialOrigin>().notNull(),
    assignment: jsonb('assignment').$type<Assignment>().notNull(),
    jobId: uuid('job_id').references(() => jobs.id, { onDelete: 'set null' }),
    /** Its place among those that run, the least that was free. */
    slot: integer('slot'),
    metrics: jsonb('metrics').$type<StageMetrics>(),
    /** Figures of devices that the sweep asks for, by name. */
    devices: jsonb('devices').$type<Record<string, number>>().notNull().default({}),
    outcome: jsonb('outcome').$type<StoredOutcome>(),
    violation: doublePrecision('violation'),
    violated: jsonb('violated').$type<string[]>().notNull().default([]),
    modelDigest: text('model_digest'),
    promotedAs: text('promoted_as'),
    reason: text('reason'),
    stagesExecuted: integer('stages_executed'),
    seconds: doublePrecision('seconds'),
    revision: integer('revision').notNull(),
    createdAt: instant('created_at').notNull().defaultNow(),
    finishedAt: instant('finished_at'),
  },
  (table) => [
    primaryKey({ columns: [table.sweepId, table.number] }),
    index('trials_by_job').on(table.jobId),
    index('trials_by_revision').on(table.sweepId, table.revision),
    index('trials_running')
      .on(table.sweepId, table.number)
      .where(sql`${table.state} = 'running'`),
  ],
);

export const sweepEvents = pgTable(
  'sweep_events',
  {
    sweepId: uuid('sweep_id')
      .notNull()
      .references(() => sweeps.id, { onDelete: 'cascade' }),
    id: integer('id').notNull(),
    at: instant('at').notNull().defaultNow(),
    event: jsonb('event').$type<SweepEvent>().notNull(),
  },
  (table) => [primaryKey({ columns: [table.sweepId, table.id] })],
);

import type { StageMetrics } from '#contracts';
import { sql, type SQL } from 'drizzle-orm';
import type { PgColumn } from 'drizzle-orm/pg-core';

/** Figures that are there but for their transfer size. */
export const isUnsized = (metrics: PgColumn): SQL => sql`${metrics} is not null and not ${metrics} ? 'compressedBytes'`;

/** The figures with their transfer size. */
export const withSize = (metrics: PgColumn, compressedBytes: number): SQL<StageMetrics> =>
  sql`${metrics} || jsonb_build_object('compressedBytes', ${compressedBytes}::bigint)`;

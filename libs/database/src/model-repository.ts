import type { Model, PageQuery } from '#contracts';
import { and, desc, eq, sql } from 'drizzle-orm';
import type { z } from 'zod';
import { decodeCursor, pageOf } from './cursor.js';
import type { Database } from './database.js';
import { InUseError, isForeignKeyViolation, NotFoundError } from './errors.js';
import { models } from './schema.js';
import { storable } from './text.js';

type Row = typeof models.$inferSelect;
export type ModelListQuery = z.infer<typeof PageQuery> & { name?: string | undefined };

/** Models by the digest of their file. */
export class ModelRepository {
  constructor(private readonly database: Database) {}

  /**
   * Adds a model; `created` is false when it was there already, and the stored row (with its first name) is returned.
   */
  async add(model: Pick<Model, 'id' | 'name' | 'bytes' | 'inspection'>): Promise<{ model: Model; created: boolean }> {
    const isNew = this.database.orm.insert(models).values(storable(model)).onConflictDoNothing();
    const [row] = await isNew.returning();
    if (row) return { model: toModel(row), created: true };
    return { model: await this.require(model.id), created: false };
  }

  async get(id: string): Promise<Model | null> {
    const [row] = await this.database.orm.select().from(models).where(eq(models.id, id));
    return row ? toModel(row) : null;
  }

  /** Throws NotFoundError. */
  async require(id: string): Promise<Model> {
    const model = await this.get(id);
    if (!model) throw new NotFoundError('model', id);
    return model;
  }

  /** Newest first. */
  async list({ cursor, limit, name }: ModelListQuery): Promise<{ items: Model[]; nextCursor: string | null }> {
    const from = cursor === undefined ? undefined : decodeCursor('models', cursor);
    const rows = await this.database.orm
      .select()
      .from(models)
      .where(
        and(
          name === undefined ? undefined : eq(models.name, storable(name)),
          from && sql`(${models.createdAt}, ${models.id}) < (${from.createdAt.toISOString()}::timestamptz, ${from.id})`,
        ),
      )
      .orderBy(desc(models.createdAt), desc(models.id))
      .limit(limit + 1);
    return pageOf('models', rows, limit, toModel);
  }

  /** Forgets a model. Throws NotFoundError, and InUseError while a job refers to it. */
  async delete(id: string): Promise<void> {
    try {
      const isIt = eq(models.id, id);
      const gone = await this.database.orm.delete(models).where(isIt).returning({ id: models.id });
      if (gone.length === 0) throw new NotFoundError('model', id);
    } catch (error) {
      throw isForeignKeyViolation(error) ? new InUseError('model', id, { cause: error }) : error;
    }
  }
}

/** Models stored by earlier versions have no warnings. */
function toModel({ createdAt, inspection, ...row }: Row): Model {
  return {
    ...row,
    inspection: { ...inspection, warnings: inspection.warnings ?? [] },
    createdAt: createdAt.toISOString(),
  };
}

import type { DatasetRecord, StoredDataset } from '#contracts';
import { and, desc, eq, sql } from 'drizzle-orm';
import { decodeCursor, pageOf } from './cursor.js';
import type { Database } from './database.js';
import { InUseError, isForeignKeyViolation, NotFoundError } from './errors.js';
import type { ModelListQuery } from './model-repository.js';
import { datasets } from './schema.js';
import { storable } from './text.js';

type Row = typeof datasets.$inferSelect;

/** Data sets by the digest of their stored document. */
export class DatasetRepository {
  constructor(private readonly database: Database) {}

  /** Adds a data set; `created` is false when it was there already, and the stored row is returned. */
  async add(
    dataset: Pick<DatasetRecord, 'id' | 'name' | 'bytes' | 'manifest' | 'inspection'> & {
      files: StoredDataset['files'];
    },
  ): Promise<{ dataset: DatasetRecord; created: boolean }> {
    const isNew = this.database.orm.insert(datasets).values(storable(dataset)).onConflictDoNothing();
    const [row] = await isNew.returning();
    if (row) return { dataset: toDataset(row), created: true };
    return { dataset: await this.require(dataset.id), created: false };
  }

  async get(id: string): Promise<DatasetRecord | null> {
    const row = await this.row(id);
    return row ? toDataset(row) : null;
  }

  /** Throws NotFoundError. */
  async require(id: string): Promise<DatasetRecord> {
    const dataset = await this.get(id);
    if (!dataset) throw new NotFoundError('dataset', id);
    return dataset;
  }

  /** The manifest with the digests of its files: what `dataset.json` holds for a stage. Throws NotFoundError. */
  async stored(id: string): Promise<StoredDataset> {
    const row = await this.row(id);
    if (!row) throw new NotFoundError('dataset', id);
    return { manifest: row.manifest, files: row.files };
  }

  /** Newest first. */
  async list({ cursor, limit, name }: ModelListQuery): Promise<{ items: DatasetRecord[]; nextCursor: string | null }> {
    const from = cursor === undefined ? undefined : decodeCursor('datasets', cursor);
    const rows = await this.database.orm
      .select()
      .from(datasets)
      .where(
        and(
          name === undefined ? undefined : eq(datasets.name, storable(name)),
          from &&
            sql`(${datasets.createdAt}, ${datasets.id}) < (${from.createdAt.toISOString()}::timestamptz, ${from.id})`,
        ),
      )
      .orderBy(desc(datasets.createdAt), desc(datasets.id))
      .limit(limit + 1);
    return pageOf('datasets', rows, limit, toDataset);
  }

  /** Forgets a data set. Throws NotFoundError, and InUseError while a job refers to it. */
  async delete(id: string): Promise<void> {
    try {
      const isIt = eq(datasets.id, id);
      const gone = await this.database.orm.delete(datasets).where(isIt).returning({ id: datasets.id });
      if (gone.length === 0) throw new NotFoundError('dataset', id);
    } catch (error) {
      throw isForeignKeyViolation(error) ? new InUseError('dataset', id, { cause: error }) : error;
    }
  }

  private async row(id: string): Promise<Row | undefined> {
    const [row] = await this.database.orm.select().from(datasets).where(eq(datasets.id, id));
    return row;
  }
}

function toDataset({ createdAt, files: _files, ...row }: Row): DatasetRecord {
  return { ...row, createdAt: createdAt.toISOString() };
}

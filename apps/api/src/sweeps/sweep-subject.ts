import type { DatasetRecord, Model, SweepDocument } from '#contracts';

export interface SweepSubject {
  document: SweepDocument;
  model: Model;
  dataset: DatasetRecord | null;
}

import { DatasetRecord, DatasetInspection, DatasetQuery, Page, RegisterUri } from '#contracts';
import { FORM, json, NOTHING, type Route } from './route.js';

export const DATASET_ROUTES = {
  uploadDataset: { method: 'POST', path: '/v1/datasets', body: FORM, answer: json(DatasetRecord), repeat: 'harmless' },
  registerDataset: {
    method: 'POST',
    path: '/v1/datasets',
    body: json(RegisterUri),
    answer: json(DatasetRecord),
    repeat: 'harmless',
  },
  listDatasets: { method: 'GET', path: '/v1/datasets', query: DatasetQuery, answer: json(Page(DatasetRecord)) },
  getDataset: { method: 'GET', path: '/v1/datasets/:id', answer: json(DatasetRecord) },
  inspectDataset: { method: 'GET', path: '/v1/datasets/:id/inspect', answer: json(DatasetInspection) },
  deleteDataset: { method: 'DELETE', path: '/v1/datasets/:id', answer: NOTHING },
} as const satisfies Record<string, Route>;

import { Dataset, DatasetInspection, DatasetQuery, Page, RegisterUri } from '#contracts';
import { FORM, json, NOTHING, type Route } from './route.js';

export const DATASET_ROUTES = {
  uploadDataset: { method: 'POST', path: '/v1/datasets', body: FORM, answer: json(Dataset), repeat: 'harmless' },
  registerDataset: {
    method: 'POST',
    path: '/v1/datasets',
    body: json(RegisterUri),
    answer: json(Dataset),
    repeat: 'harmless',
  },
  listDatasets: { method: 'GET', path: '/v1/datasets', query: DatasetQuery, answer: json(Page(Dataset)) },
  getDataset: { method: 'GET', path: '/v1/datasets/:id', answer: json(Dataset) },
  inspectDataset: { method: 'GET', path: '/v1/datasets/:id/inspect', answer: json(DatasetInspection) },
  deleteDataset: { method: 'DELETE', path: '/v1/datasets/:id', answer: NOTHING },
} as const satisfies Record<string, Route>;

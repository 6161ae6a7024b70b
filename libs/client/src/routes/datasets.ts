import {
  DatasetInspection,
  DatasetPreview,
  DatasetQuery,
  DatasetRecord,
  Page,
  PreviewQuery,
  RegisterUri,
  UnstoredPreviewQuery,
} from '#contracts';
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
  /** The part `manifest` may be left out; then it is guessed. */
  previewFiles: {
    method: 'POST',
    path: '/v1/datasets/preview',
    query: UnstoredPreviewQuery,
    body: FORM,
    answer: json(DatasetPreview),
    repeat: 'harmless',
  },
  previewDataset: {
    method: 'GET',
    path: '/v1/datasets/:id/preview',
    query: PreviewQuery,
    answer: json(DatasetPreview),
  },
  deleteDataset: { method: 'DELETE', path: '/v1/datasets/:id', answer: NOTHING },
} as const satisfies Record<string, Route>;

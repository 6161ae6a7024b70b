import {
  Model,
  ModelLayers,
  ModelInspection,
  ModelLineage,
  ModelQuery,
  Page,
  RegisterUri,
  UploadQuery,
} from '#contracts';
import { bytes, FORM, json, NOTHING, type Route } from './route.js';

export const MODEL_ROUTES = {
  uploadModel: {
    method: 'POST',
    path: '/v1/models',
    query: UploadQuery,
    body: bytes(),
    answer: json(Model),
    repeat: 'harmless',
  },
  /** The part `model`, and a part `file` for each file of its external data. */
  uploadModelParts: {
    method: 'POST',
    path: '/v1/models',
    query: UploadQuery,
    body: FORM,
    answer: json(Model),
    repeat: 'harmless',
  },
  /** A zip archive of one model, with its external data where it has some. */
  uploadModelArchive: {
    method: 'POST',
    path: '/v1/models',
    query: UploadQuery,
    body: bytes('application/zip'),
    answer: json(Model),
    repeat: 'harmless',
  },
  registerModel: {
    method: 'POST',
    path: '/v1/models',
    body: json(RegisterUri),
    answer: json(Model),
    repeat: 'harmless',
  },
  listModels: { method: 'GET', path: '/v1/models', query: ModelQuery, answer: json(Page(Model)) },
  getModel: { method: 'GET', path: '/v1/models/:id', answer: json(Model) },
  inspectModel: { method: 'GET', path: '/v1/models/:id/inspect', answer: json(ModelInspection) },
  modelGraph: { method: 'GET', path: '/v1/models/:id/graph', answer: json(ModelLayers) },
  modelLineage: { method: 'GET', path: '/v1/models/:id/lineage', answer: json(ModelLineage) },
  modelContent: { method: 'GET', path: '/v1/models/:id/content', answer: bytes() },
  deleteModel: { method: 'DELETE', path: '/v1/models/:id', answer: NOTHING },
} as const satisfies Record<string, Route>;

import { ApiKey, ApiKeyRequest, CreatedApiKey, Page, SystemReport } from '#contracts';
import { json, NOTHING, type Route } from './route.js';

export const SYSTEM_ROUTES = {
  systemReport: { method: 'GET', path: '/v1/system', answer: json(SystemReport) },
  listKeys: { method: 'GET', path: '/v1/keys', answer: json(Page(ApiKey)) },
  ownKey: { method: 'GET', path: '/v1/keys/own', answer: json(ApiKey) },
  createKey: { method: 'POST', path: '/v1/keys', body: json(ApiKeyRequest), answer: json(CreatedApiKey) },
  revokeKey: { method: 'DELETE', path: '/v1/keys/:id', answer: NOTHING },
} as const satisfies Record<string, Route>;

import { Page, PassInfo } from '#contracts';
import { bytes, json, type Route } from './route.js';

export const OTHER_ROUTES = {
  listPasses: { method: 'GET', path: '/v1/passes', answer: json(Page(PassInfo)) },
  getPass: { method: 'GET', path: '/v1/passes/:name', answer: json(PassInfo) },
  getArtifact: { method: 'GET', path: '/v1/artifacts/:digest', answer: bytes() },
} as const satisfies Record<string, Route>;

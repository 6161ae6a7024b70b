import { SetMetadata } from '@nestjs/common';
import { ROUTE_ARGS_METADATA } from '@nestjs/common/constants.js';
import { RouteParamtypes } from '@nestjs/common/enums/route-paramtypes.enum.js';
import { RAW_BODY } from '../openapi/raw-body.js';

const HEEDED_HEADERS = 'coldpress:heeded headers';

/** Headers of a request that this route heeds, beside those that every route does; lower case. */
export const Heeds = (...headers: string[]): MethodDecorator => SetMetadata(HEEDED_HEADERS, headers);

/** What a route reads of a request. */
export interface Heeded {
  /** Names of query parameters; null where a schema of its own refuses the others. */
  query: readonly string[] | null;
  body: 'none' | 'json' | 'raw';
  headers: readonly string[];
}

/** Read off the handler's decorators, so that nothing is declared twice. */
export function heededBy(controller: object, handler: (...args: never[]) => unknown): Heeded {
  const args = (Reflect.getMetadata(ROUTE_ARGS_METADATA, controller, handler.name) ?? {}) as Record<
    string,
    { data?: unknown }
  >;
  const ofType = (type: RouteParamtypes) => Object.entries(args).filter(([key]) => key.startsWith(`${type}:`));
  const of = (type: RouteParamtypes) => ofType(type).map(([, { data }]) => data);
  const queries = of(RouteParamtypes.QUERY);
  const extensions = (Reflect.getMetadata('swagger/apiExtension', handler) ?? {}) as Record<string, unknown>;
  return {
    query: queries.some((name) => name === undefined) ? null : queries.map(String),
    body: of(RouteParamtypes.BODY).length > 0 ? 'json' : RAW_BODY in extensions ? 'raw' : 'none',
    headers: (Reflect.getMetadata(HEEDED_HEADERS, handler) ?? []) as string[],
  };
}

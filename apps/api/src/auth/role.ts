import { createParamDecorator, SetMetadata, type ExecutionContext } from '@nestjs/common';
import type { ApiKey, KeyRole } from '#contracts';
import type { Request } from 'express';

export const NEEDED_ROLE = 'coldpress:role';

/** The least role whose keys open a route; without it viewers read and members do the rest. */
export const NeedsRole = (role: KeyRole) => SetMetadata(NEEDED_ROLE, role);

export interface PersonRequest extends Request {
  apiKey?: ApiKey;
}

/** The API key by which the request came. */
export const CallerKey = createParamDecorator(
  (_data: unknown, context: ExecutionContext) => context.switchToHttp().getRequest<PersonRequest>().apiKey,
);

const READING = ['GET', 'HEAD'];
export const roleOfMethod = (method: string): KeyRole => (READING.includes(method) ? 'viewer' : 'member');

import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { ApiKeyRepository } from '#database';
import type { Request } from 'express';
import { ApiError } from '../problems/api-error.js';
import { IS_PUBLIC } from './public.decorator.js';

/** Lets a request pass that carries a valid key. Keys are looked up by their SHA-256, so no comparison leaks their text. */
@Injectable()
export class AuthGuard implements CanActivate {
  constructor(
    private readonly keys: ApiKeyRepository,
    private readonly reflector: Reflector,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    if (this.reflector.getAllAndOverride<boolean>(IS_PUBLIC, [context.getHandler(), context.getClass()])) return true;
    const key = bearerToken(context.switchToHttp().getRequest<Request>().headers.authorization);
    if (key === undefined)
      throw new ApiError(
        'unauthorized',
        'send the API key as "Authorization: Bearer <key>"; the server printed it at its first start',
      );
    if ((await this.keys.verify(key)) === null)
      throw new ApiError(
        'unauthorized',
        'this API key is not known: check that it is whole and belongs to this server',
      );
    return true;
  }
}

function bearerToken(header: string | undefined): string | undefined {
  return /^Bearer +(\S+) *$/i.exec(header ?? '')?.[1];
}

import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { mayActAs, type ApiKey, type KeyRole } from '#contracts';
import { ApiKeyRepository, DEVICE_KEY_PREFIX, DeviceRepository } from '#database';
import { ApiError } from '../problems/api-error.js';
import { refuseUnknownDevice } from './removed-device.js';
import { IS_DEVICE_ROUTE, type DeviceRequest } from './device-route.js';
import { IS_PUBLIC } from './public.decorator.js';
import { NEEDED_ROLE, roleOfMethod, type PersonRequest } from './role.js';

/**
 * Lets a request pass that carries a valid key: on routes of devices that of a device, on all others an API key. Keys
 * are looked up by their SHA-256, so no comparison leaks their text.
 */
@Injectable()
export class AuthGuard implements CanActivate {
  constructor(
    private readonly keys: ApiKeyRepository,
    private readonly devices: DeviceRepository,
    private readonly reflector: Reflector,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    if (this.of<boolean>(context, IS_PUBLIC)) return true;
    const request = context.switchToHttp().getRequest<DeviceRequest>();
    const key = bearerToken(request.headers.authorization);
    if (this.of<boolean>(context, IS_DEVICE_ROUTE)) await this.admitDevice(request, key);
    else {
      const person = await this.admitPerson(key);
      refuseLesserRole(person, this.of<KeyRole>(context, NEEDED_ROLE) ?? roleOfMethod(request.method));
      Object.assign<DeviceRequest, Partial<PersonRequest>>(request, { apiKey: person });
    }
    return true;
  }

  private async admitPerson(key: string | undefined): Promise<ApiKey> {
    if (key === undefined)
      throw new ApiError(
        'unauthorized',
        'send the API key as "Authorization: Bearer <key>"; the server printed it at its first start',
      );
    if (key.startsWith(`${DEVICE_KEY_PREFIX}_`))
      throw new ApiError(
        'unauthorized',
        'this is the key of a device, which opens its own leases and nothing else: send an API key',
      );
    const known = await this.keys.verify(key);
    if (known === null)
      throw new ApiError(
        'unauthorized',
        'this API key is not known: check that it is whole and belongs to this server',
      );
    return known;
  }

  private async admitDevice(request: DeviceRequest, key: string | undefined): Promise<void> {
    if (key === undefined)
      throw new ApiError(
        'unauthorized',
        'send the key that the device got when it enrolled as "Authorization: Bearer <key>"',
      );
    const device = await this.devices.verify(key);
    if (!device) refuseUnknownDevice();
    request.device = device;
  }

  private of<T>(context: ExecutionContext, mark: string): T | undefined {
    return this.reflector.getAllAndOverride<T | undefined>(mark, [context.getHandler(), context.getClass()]);
  }
}

function refuseLesserRole({ name, role }: ApiKey, needed: KeyRole): void {
  if (mayActAs(role, needed)) return;
  throw new ApiError(
    'forbidden',
    `the key “${name}” has the role ${role}, and this needs the role ${needed}: ask an admin for such a key`,
  );
}

function bearerToken(header: string | undefined): string | undefined {
  return /^Bearer +(\S+) *$/i.exec(header ?? '')?.[1];
}

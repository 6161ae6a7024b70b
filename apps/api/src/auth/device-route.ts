import { createParamDecorator, SetMetadata, type ExecutionContext } from '@nestjs/common';
import type { DeviceRow } from '#database';
import type { Request } from 'express';

export const IS_DEVICE_ROUTE = 'coldpress:device route';

/** A route that the key of a device opens, and nothing else does. */
export const DeviceRoute = () => SetMetadata(IS_DEVICE_ROUTE, true);

export interface DeviceRequest extends Request {
  device?: DeviceRow;
}

/** The device whose key the request carries. */
export const Caller = createParamDecorator(
  (_data: unknown, context: ExecutionContext) => context.switchToHttp().getRequest<DeviceRequest>().device,
);

import { NotFoundError } from '#database';
import { ApiError } from '../problems/api-error.js';

/** Throws ApiError `unauthorized`: the key opens nothing, or nothing any more. */
export function refuseUnknownDevice(): never {
  throw new ApiError(
    'unauthorized',
    'no device has this key: it was removed, or belongs to another server; enrol it again',
  );
}

/** What a device asks for, which may be removed in the middle of it. Throws ApiError `unauthorized` then, as at its next message. */
export async function unlessRemoved<T>(deviceId: string, answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof NotFoundError && error.id === deviceId) refuseUnknownDevice();
    throw error;
  }
}

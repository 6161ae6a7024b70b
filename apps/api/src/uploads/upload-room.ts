import { formatBytes, MAX_MODEL_BYTES, modelTooLarge, type Config } from '#contracts';
import { TooLargeError } from '#storage';
import type { Request } from 'express';
import { ApiError } from '../problems/api-error.js';

/** How many bytes an upload may have, and what is said of one with more; `got` is null where only that is known. */
export interface UploadRoom {
  readonly bytes: number;
  refusal(got: number | null): ApiError;
}

type Limits = Pick<Config, 'maxUploadBytes'>;

/** What boundaries and headers of a form's parts add to its files. */
const FORM_BYTES = 1024 ** 2;

/** Of anything: as much as the operator allows. */
export const uploadRoom = ({ maxUploadBytes: bytes }: Limits): UploadRoom => ({
  bytes,
  refusal: () =>
    new ApiError(
      'artifact_too_large',
      `the upload has more than the ${bytes} bytes that this server takes: send less, or raise its COLDPRESS_MAX_UPLOAD_BYTES`,
    ),
});

/** Of a model and its data: as much as one model can have, if the operator allows that much. */
export const modelRoom = (limits: Limits): UploadRoom =>
  limits.maxUploadBytes <= MAX_MODEL_BYTES
    ? uploadRoom(limits)
    : { bytes: MAX_MODEL_BYTES, refusal: (got) => new ApiError('model_limit', modelTooLarge(got)) };

/** The same of an archive, which may hold other files as well. */
export function modelArchiveRoom(limits: Limits): UploadRoom {
  const { bytes, refusal } = modelRoom(limits);
  if (bytes < MAX_MODEL_BYTES) return { bytes, refusal };
  const most = `${formatBytes(bytes)} (${bytes} bytes)`;
  const words = `the archive has more than ${most}, which a model has at most with its data`;
  return {
    bytes,
    refusal: () =>
      new ApiError('model_limit', `${words}: leave other files out, or export its parts as models of their own`),
  };
}

/** Throws ApiError for a request that announces more than there is room for, before any of it is read. */
export function assertRoom({ headers }: Pick<Request, 'headers'>, room: UploadRoom): void {
  const isForm = headers['content-type']?.startsWith('multipart/') === true;
  const announced = Number(headers['content-length'] ?? 0) - (isForm ? FORM_BYTES : 0);
  if (announced > room.bytes) throw room.refusal(announced);
}

/** What reading an upload gives; where it was too large, in the words of the room that it had. */
export async function inRoom<T>(room: UploadRoom, reading: Promise<T>): Promise<T> {
  try {
    return await reading;
  } catch (error) {
    throw error instanceof TooLargeError ? room.refusal(null) : error;
  }
}

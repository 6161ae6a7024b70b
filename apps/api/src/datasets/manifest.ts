import { DatasetManifest } from '#contracts';
import { DocumentError, LIMITS, wholeProblems, type DocumentReader } from '#documents';
import { ApiError } from '../problems/api-error.js';
import { parseWith } from '../problems/issues.js';

export const MAX_MANIFEST_BYTES = LIMITS.manifest.bytes;

/** Reads the text off the event loop. Throws ApiError naming each wrong line or field. */
export async function parseManifestText(text: string, reader: DocumentReader): Promise<DatasetManifest> {
  const document = await reader.read(text, LIMITS.manifest).catch((cause: unknown) => {
    if (!(cause instanceof DocumentError)) throw cause;
    const words = `the manifest cannot be read: ${cause.message}`;
    throw new ApiError('dataset_manifest', words, wholeProblems(cause, 'manifest'), { cause });
  });
  return parseWith(DatasetManifest, document, 'dataset_manifest', 'the manifest');
}

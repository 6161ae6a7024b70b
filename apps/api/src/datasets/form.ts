import { join } from 'node:path';
import type { Readable } from 'node:stream';
import busboy from 'busboy';
import type { Request } from 'express';
import { ApiError } from '../problems/api-error.js';
import { isPlainFileName, spoolFile, type SpooledFile } from '../uploads/spool.js';
import { MAX_MANIFEST_BYTES } from './manifest.js';

/** What a form held: the manifest's text, and each file by name. */
export interface DatasetForm {
  manifest: string;
  files: Map<string, SpooledFile>;
}

const MAX_FILES = 64;
const MANIFEST = 'manifest';

/**
 * Reads a multipart form: one part `manifest` (a file or a field), and files under the names that the manifest gives them,
 * written to `folder` as they come. Throws ApiError, TooLargeError past `maxBytes` in all, StoreFullError.
 */
export async function readForm(request: Request, folder: string, maxBytes: number): Promise<DatasetForm> {
  const parser = openParser(request);
  const form: { manifest?: string; files: Map<string, SpooledFile> } = { files: new Map() };
  let left = maxBytes;
  let parts = Promise.resolve();
  let failed: { error: unknown } | undefined;
  const fail = (error: unknown) => {
    failed ??= { error };
    request.unpipe(parser);
    parser.destroy();
  };
  const take = async (field: string, stream: Readable, name: string) => {
    if (field === MANIFEST) form.manifest = await readText(stream);
    else {
      const file = await spoolFile(stream, fileIn(folder, name, form.files), left);
      left -= file.bytes;
      form.files.set(name, file);
    }
  };
  await new Promise<void>((resolve) => {
    parser.on('file', (field, stream, { filename }) => {
      // Parts come one after the other: busboy waits with the next until this one is read.
      stream.on('error', () => undefined);
      parts = parts.then(() => take(field, stream, filename ?? '')).catch(fail);
    });
    parser.on('field', (field, value, { valueTruncated }) => {
      if (field !== MANIFEST) fail(new ApiError('invalid_form', `the form has a field "${field}": send the part "manifest" and files`));
      else if (valueTruncated) fail(manifestTooLong());
      else form.manifest = value;
    });
    parser.on('filesLimit', () => fail(new ApiError('invalid_form', `the form has more than ${MAX_FILES} files`)));
    parser.on('error', (cause) => fail(new ApiError('invalid_form', `the form cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`, [], { cause })));
    parser.on('close', resolve);
    request.on('aborted', () => fail(new ApiError('source_interrupted', 'the upload ended before its end: send it again')));
    request.pipe(parser);
  });
  await parts;
  if (failed) throw failed.error;
  if (form.manifest === undefined) throw new ApiError('invalid_form', 'the form has no part "manifest": send the manifest under that name, and its files');
  return { manifest: form.manifest, files: form.files };
}

function openParser(request: Request): busboy.Busboy {
  try {
    return busboy({ headers: request.headers, limits: { files: MAX_FILES, fields: 4, fieldSize: MAX_MANIFEST_BYTES }, defParamCharset: 'utf8' });
  } catch (cause) {
    throw new ApiError('invalid_form', `the form cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`, [], { cause });
  }
}

function fileIn(folder: string, name: string, taken: ReadonlyMap<string, unknown>): string {
  if (!isPlainFileName(name) || name === 'dataset.json') throw new ApiError('invalid_form', `"${name}" cannot be the name of a file: use a plain name, as in the manifest`);
  if (taken.has(name)) throw new ApiError('invalid_form', `the form has two files named "${name}"`);
  return join(folder, name);
}

async function readText(stream: Readable): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MAX_MANIFEST_BYTES) throw manifestTooLong();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

const manifestTooLong = () => new ApiError('artifact_too_large', `the manifest has more than ${MAX_MANIFEST_BYTES} bytes`);

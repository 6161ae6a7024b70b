import { join } from 'node:path';
import { finished, type Readable } from 'node:stream';
import { told } from '#contracts';
import busboy from 'busboy';
import type { Request } from 'express';
import { ApiError } from '../problems/api-error.js';
import { MAX_MANIFEST_BYTES } from '../datasets/manifest.js';
import { assertFileName, spoolFile, type SpooledFile } from './spool.js';
import { assertRoom, inRoom, type UploadRoom } from './upload-room.js';

/** What a form held: the manifest's text, and each file by name. */
export interface DatasetForm {
  manifest: string;
  files: Map<string, SpooledFile>;
}

const MAX_FILES = 64;
const MANIFEST = 'manifest';
const MODEL = 'model';
const OWN_FILES = new Set(['dataset.json', 'dataset.yaml', 'dataset.yml']);
/** Encodings of a part that leave its bytes as they are (RFC 7578, 4.7, where others are deprecated). */
const PLAIN_ENCODINGS = new Set(['7bit', '8bit', 'binary']);

/** A model and the files of its external data, each under the name that it was sent with. */
export interface ModelForm {
  model: SpooledFile;
  name: string;
  files: Map<string, SpooledFile>;
}

/**
 * Reads a multipart form of a model: one part `model`, and files under the names by which its tensors know them,
 * written to `folder` as they come. Throws as readForm does.
 */
export async function readModelForm(request: Request, folder: string, room: UploadRoom): Promise<ModelForm> {
  const form = new FormReader(folder, room, MODEL);
  await form.read(request);
  return form.modelResult();
}

/**
 * Reads a multipart form: one part `manifest` (a file or a field), and files under the names that the manifest gives
 * them, written to `folder` as they come. Throws ApiError, also for more than there is room for, and StoreFullError.
 */
export async function readForm(request: Request, folder: string, room: UploadRoom): Promise<DatasetForm> {
  const form = new FormReader(folder, room, MANIFEST);
  await form.read(request);
  return form.result();
}

/** As readForm, of a form that may leave the manifest out: then it is null. */
export async function readDataForm(
  request: Request,
  folder: string,
  room: UploadRoom,
): Promise<{ manifest: string | null; files: Map<string, SpooledFile> }> {
  const form = new FormReader(folder, room, MANIFEST);
  await form.read(request);
  return form.dataResult();
}

class FormReader {
  private manifest: string | undefined;
  private model: string | undefined;
  private readonly files = new Map<string, SpooledFile>();
  private left: number;
  private parts: Promise<void> = Promise.resolve();
  private failed: { error: unknown } | undefined;

  constructor(
    private readonly folder: string,
    private readonly room: UploadRoom,
    /** The part that a form has once, besides its files. */
    private readonly head: typeof MANIFEST | typeof MODEL,
  ) {
    this.left = room.bytes;
  }

  /** Resolves when the form is at its end or was given up; throws what was wrong with it. */
  async read(request: Request): Promise<void> {
    assertRoom(request, this.room);
    const parser = openParser(request);
    const fail = (error: unknown) => {
      this.failed ??= { error };
      request.unpipe(parser);
      parser.destroy();
    };
    await new Promise<void>((resolve) => {
      parser.on('file', (field, stream, { filename, encoding }) => {
        // Parts come one after the other: busboy waits with the next until this one is read.
        stream.on('error', () => undefined);
        const taken = this.parts.then(() => this.take(field, stream, filename ?? '', encoding));
        this.parts = taken.catch(fail);
      });
      parser.on('field', (field, value, { valueTruncated }) => {
        try {
          this.takeField(field, value, valueTruncated);
        } catch (error) {
          fail(error);
        }
      });
      for (const limit of ['filesLimit', 'fieldsLimit', 'partsLimit'] as const)
        parser.on(limit, () =>
          fail(
            new ApiError(
              'invalid_form',
              `the form has more than ${MAX_FILES} files, or parts besides "${this.head}" and files`,
            ),
          ),
        );
      parser.on('error', (cause) => {
        const words = `the form cannot be read: ${formWords(cause)}`;
        fail(new ApiError('invalid_form', words, [], { cause }));
      });
      parser.on('close', resolve);
      // Tells of a request that broke off before this line as well.
      const words = 'the upload ended before its end: send it again';
      finished(request, { writable: false }, (error) => {
        if (error) fail(new ApiError('source_interrupted', words, [], { cause: error }));
      });
      request.pipe(parser);
    });
    await this.parts;
    if (this.failed) throw this.failed.error;
  }

  /** Throws ApiError for a form without a manifest. */
  result(): DatasetForm {
    if (this.manifest === undefined)
      throw new ApiError(
        'invalid_form',
        'the form has no part "manifest": send the manifest under that name, and its files',
      );
    return { manifest: this.manifest, files: this.files };
  }

  /** Throws ApiError for a form without files. */
  dataResult(): { manifest: string | null; files: Map<string, SpooledFile> } {
    if (this.files.size === 0) throw new ApiError('invalid_form', 'the form has no file: send each as a part "file"');
    return { manifest: this.manifest ?? null, files: this.files };
  }

  /** Throws ApiError for a form without a model. */
  modelResult(): ModelForm {
    const { model: name, files } = this;
    const model = name === undefined ? undefined : files.get(name);
    if (name === undefined || !model)
      throw new ApiError(
        'invalid_form',
        'the form has no part "model": send the .onnx file under that name, and its files',
      );
    return { model, name, files: new Map([...files].filter(([file]) => file !== name)) };
  }

  private takeField(field: string, value: string, isCut: boolean): void {
    if (field !== MANIFEST || this.head !== MANIFEST)
      throw new ApiError('invalid_form', `the form has a field ${told(field)}: send the part "${this.head}" and files`);
    if (isCut) throw manifestTooLong();
    this.setManifest(value);
  }

  private async take(field: string, stream: Readable, name: string, encoding: string): Promise<void> {
    if (!PLAIN_ENCODINGS.has(encoding.toLowerCase()))
      throw new ApiError(
        'invalid_form',
        `the part ${told(field)} comes in Content-Transfer-Encoding ${told(encoding)}: send its bytes as they are`,
      );
    if (field === MANIFEST && this.head === MANIFEST) return this.setManifest(await readText(stream));
    this.checkName(name);
    if (field === MODEL && this.head === MODEL) {
      if (this.model !== undefined) throw new ApiError('invalid_form', 'the form has two parts "model": send one');
      this.model = name;
    }
    const file = await inRoom(this.room, spoolFile(stream, join(this.folder, name), this.left));
    this.left -= file.bytes;
    this.files.set(name, file);
  }

  private setManifest(text: string): void {
    if (this.manifest !== undefined) throw new ApiError('invalid_form', 'the form has two parts "manifest": send one');
    this.manifest = text;
  }

  private checkName(name: string): void {
    assertFileName(name);
    if (this.head === MANIFEST && OWN_FILES.has(name))
      throw new ApiError(
        'invalid_form',
        `a file cannot be named "${name}": send the manifest as the part "manifest", and rename a file of that name`,
      );
    if (this.files.has(name)) throw new ApiError('invalid_form', `the form has two files named ${told(name)}`);
  }
}

function openParser(request: Request): busboy.Busboy {
  try {
    // A name is taken whole: cut down to its last part, it would be another file's.
    const limits = { files: MAX_FILES, fields: 4, parts: MAX_FILES + 5, fieldSize: MAX_MANIFEST_BYTES };
    return busboy({ headers: request.headers, limits, defParamCharset: 'utf8', preservePath: true });
  } catch (cause) {
    throw new ApiError('invalid_form', `the form cannot be read: ${formWords(cause)}`, [], { cause });
  }
}

/** What the parser says of a broken form. */
const FORM_WORDS: readonly [RegExp, string][] = [
  [/boundary not found/i, 'its Content-Type names no boundary: let the client make it'],
  [/Unexpected end of form/i, 'it ends before its last boundary: send it again'],
  [/Malformed part header/i, 'the headers of a part are malformed'],
  [
    /Malformed content type|Unsupported content type|Missing Content-Type/i,
    'its Content-Type is not that of a form: send multipart/form-data',
  ],
];

function formWords(cause: unknown): string {
  const message = cause instanceof Error ? cause.message : '';
  return (
    FORM_WORDS.find(([pattern]) => pattern.test(message))?.[1] ?? 'it is not multipart/form-data as RFC 7578 has it'
  );
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

const manifestTooLong = () =>
  new ApiError('artifact_too_large', `the manifest has more than ${MAX_MANIFEST_BYTES} bytes: make it shorter`);

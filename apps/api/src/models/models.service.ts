import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { Inject, Injectable } from '@nestjs/common';
import type { Config, Model, RegisterUri } from '#contracts';
import { ModelRepository } from '#database';
import { CONFIG, STORE } from '#infrastructure';
import { fileNameOf, openUri, type ArtifactStore } from '#storage';
import type { Request } from 'express';
import { ApiError } from '../problems/api-error.js';
import { Untrusted } from '../untrusted/untrusted.js';
import { spooledFile, Spool, spoolFile, type SpooledFile } from '../uploads/spool.js';
import { readModelForm } from '../uploads/form.js';
import { assertRoom, modelArchiveRoom, modelRoom, inRoom } from '../uploads/upload-room.js';

/** Whether this request made it, and what is stored now. */
export interface Added<T> {
  item: T;
  created: boolean;
}

/** A name that no part of a form can have. */
const ONE_FILE = 'one/model.onnx';
const DEFAULT_NAME = 'model.onnx';

@Injectable()
export class ModelsService {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    @Inject(STORE) private readonly store: ArtifactStore,
    private readonly models: ModelRepository,
    private readonly spool: Spool,
    private readonly untrusted: Untrusted,
  ) {}

  /** Stores a model once it was parsed in a process of its own; bytes that are known already are not parsed again. */
  async upload(request: Request, name?: string, expected?: string): Promise<Added<Model>> {
    assertRoom(request, modelRoom(this.config));
    return this.take(request, name, expected);
  }

  /**
   * Stores a model whose data lie in files of their own as one file. Throws ApiError for a file in which no tensor
   * lies.
   */
  async uploadForm(request: Request, name?: string): Promise<Added<Model>> {
    return this.spool.withFolder(async (folder) => {
      const form = await readModelForm(request, folder, modelRoom(this.config));
      const path = join(folder, ONE_FILE);
      const used = await this.untrusted.joinModel(form.model.path, path);
      const unused = [...form.files.keys()].filter((file) => !used.includes(file));
      if (unused.length > 0) {
        const message = 'no tensor of the model lies in it';
        const problems = unused.map((file) => ({ field: `file.${file}`, message }));
        const wayOut = 'leave it out, or send it under the name that the model gives it';
        throw new ApiError('invalid_form', `no tensor of the model lies in ${unused.join(', ')}: ${wayOut}`, problems);
      }
      return this.add(await spooledFile(path), name ?? form.name);
    });
  }

  /** Stores the only model of a zip archive, with its external data, as one file. */
  async uploadArchive(request: Request, name?: string): Promise<Added<Model>> {
    const room = modelArchiveRoom(this.config);
    assertRoom(request, room);
    return this.spool.withFolder(async (folder) => {
      const { maxUploadBytes: maxBytes } = this.config;
      const { path: archivePath } = await inRoom(room, spoolFile(request, join(folder, 'archive.zip'), room.bytes));
      const [outputPath, unpacked] = [join(folder, ONE_FILE), join(folder, 'unpacked')];
      const own = await this.untrusted.unpackModel({ archivePath, folder: unpacked, outputPath, maxBytes });
      return this.add(await spooledFile(outputPath), name ?? own);
    });
  }

  async register({ uri, name }: RegisterUri): Promise<Added<Model>> {
    const { stream, bytes } = await openUri(uri, this.config);
    try {
      const room = modelRoom(this.config);
      if (bytes > room.bytes) throw room.refusal(bytes);
      return await this.take(stream, name ?? (fileNameOf(uri) || DEFAULT_NAME));
    } finally {
      stream.destroy();
    }
  }

  /** Forgets the model; its bytes stay, since a stage's result may be the same file. */
  delete(id: string): Promise<void> {
    return this.models.delete(id);
  }

  private async take(source: Readable, name = DEFAULT_NAME, expected?: string): Promise<Added<Model>> {
    return this.spool.withFolder(async (folder) => {
      const room = modelRoom(this.config);
      const file = await inRoom(room, spoolFile(source, join(folder, 'model.onnx'), room.bytes));
      if (expected !== undefined && file.digest !== expected)
        throw new ApiError(
          'content_digest',
          `the SHA-256 of the bytes is ${file.digest}, Content-Digest says ${expected}: send them again`,
        );
      return this.add(file, name);
    });
  }

  private async add({ path, digest, bytes }: SpooledFile, name: string): Promise<Added<Model>> {
    if (bytes === 0) throw new ApiError('empty_upload', 'the request body is empty: send the bytes of an ONNX file');
    const known = await this.models.get(digest);
    const inspection = known?.inspection ?? (await this.untrusted.inspectModel(path));
    await this.store.putFile(path, { expectedDigest: digest });
    const { model, created } = await this.models.add({ id: digest, name, bytes, inspection });
    return { item: model, created };
  }
}

import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { Inject, Injectable } from '@nestjs/common';
import {
  manifestFiles,
  type Config,
  type DatasetRecord,
  type DatasetManifest,
  type RegisterUri,
  type StoredDataset,
} from '#contracts';
import { DatasetRepository } from '#database';
import { CONFIG, STORE } from '#infrastructure';
import { canonicalJson } from '#pipeline';
import { openUri, siblingUri, TooLargeError, type ArtifactStore } from '#storage';
import type { Request } from 'express';
import type { Added } from '../models/models.service.js';
import { ApiError } from '../problems/api-error.js';
import { Documents } from '../untrusted/documents.js';
import { Untrusted } from '../untrusted/untrusted.js';
import { readForm } from '../uploads/form.js';
import { Spool, spoolFile, type SpooledFile } from '../uploads/spool.js';
import { uploadRoom, inRoom } from '../uploads/upload-room.js';
import { MAX_MANIFEST_BYTES, parseManifestText } from './manifest.js';

@Injectable()
export class DatasetsService {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    @Inject(STORE) private readonly store: ArtifactStore,
    private readonly datasets: DatasetRepository,
    private readonly spool: Spool,
    private readonly untrusted: Untrusted,
    private readonly documents: Documents,
  ) {}

  /** Stores a data set once every file of it was opened in a process of its own. */
  upload(request: Request): Promise<Added<DatasetRecord>> {
    return this.spool.withFolder(async (folder) => {
      const form = await readForm(request, folder, uploadRoom(this.config));
      return this.add(folder, await parseManifestText(form.manifest, this.documents.reader), form.files);
    });
  }

  /** The URI is that of a manifest; its files lie beside it. */
  register({ uri, name }: RegisterUri): Promise<Added<DatasetRecord>> {
    return this.spool.withFolder(async (folder) => {
      const manifest = await parseManifestText(await this.readText(uri), this.documents.reader);
      const files = new Map<string, SpooledFile>();
      const room = uploadRoom(this.config);
      let left = room.bytes;
      for (const file of manifestFiles(manifest)) {
        const spooled = await inRoom(room, this.fetch(siblingUri(uri, file), join(folder, file), left));
        left -= spooled.bytes;
        files.set(file, spooled);
      }
      return this.add(folder, name === undefined ? manifest : { ...manifest, name }, files);
    });
  }

  private async add(
    folder: string,
    manifest: DatasetManifest,
    files: ReadonlyMap<string, SpooledFile>,
  ): Promise<Added<DatasetRecord>> {
    assertComplete(manifest, files);
    const digests = [...files].map(([name, { digest }]) => [name, digest]);
    const stored: StoredDataset = { manifest, files: Object.fromEntries(digests) };
    const document = Buffer.from(canonicalJson(stored));
    const id = createHash('sha256').update(document).digest('hex');
    await writeFile(join(folder, 'dataset.json'), document);
    const inspection = (await this.datasets.get(id))?.inspection ?? (await this.untrusted.checkDataset(folder));
    for (const { path, digest } of files.values()) await this.store.putFile(path, { expectedDigest: digest });
    await this.store.put(document, { expectedDigest: id });
    const bytes = [...files.values()].reduce((sum, file) => sum + file.bytes, 0);
    const row = { id, name: manifest.name, bytes, manifest, files: stored.files, inspection };
    const { dataset, created } = await this.datasets.add(row);
    return { item: dataset, created };
  }

  private async fetch(uri: string, path: string, maxBytes: number): Promise<SpooledFile> {
    const { stream } = await openUri(uri, this.config);
    return spoolFile(stream, path, maxBytes).finally(() => stream.destroy());
  }

  private async readText(uri: string): Promise<string> {
    const { stream, bytes } = await openUri(uri, this.config);
    if (bytes > MAX_MANIFEST_BYTES) {
      stream.destroy();
      throw new TooLargeError(MAX_MANIFEST_BYTES);
    }
    return Buffer.concat(await collect(stream)).toString('utf8');
  }
}

async function collect(stream: Readable): Promise<Buffer[]> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream as AsyncIterable<Buffer>) chunks.push(chunk);
  return chunks;
}

function fileProblems(names: readonly string[], message: string): { field: string; message: string }[] {
  return names.map((name) => ({ field: `files.${name}`, message }));
}

/** The files are those that the manifest names: none missing, none left over. */
function assertComplete(manifest: DatasetManifest, files: ReadonlyMap<string, SpooledFile>): void {
  const named = manifestFiles(manifest);
  const unsent = named.filter((name) => !files.has(name));
  const missing = fileProblems(unsent, 'the manifest names this file and it was not sent');
  const unnamed = [...files.keys()].filter((name) => !named.includes(name));
  const extra = fileProblems(unnamed, 'no split of the manifest names this file');
  const problems = [...missing, ...extra];
  if (problems.length > 0) {
    const detail = problems.map(({ field, message }) => `${field}: ${message}`).join('; ');
    throw new ApiError('dataset_file', detail, problems);
  }
}

import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Inject, Injectable } from '@nestjs/common';
import type { Config, DatasetPreview, PreviewQuery, UnstoredPreviewQuery } from '#contracts';
import { DatasetRepository, ModelRepository } from '#database';
import { CONFIG, STORE } from '#infrastructure';
import { canonicalJson } from '#pipeline';
import type { ArtifactStore } from '#storage';
import type { Request } from 'express';
import { Untrusted } from '../untrusted/untrusted.js';
import { readDataForm } from '../uploads/form.js';
import { Spool } from '../uploads/spool.js';
import { uploadRoom } from '../uploads/upload-room.js';
import { copyModel } from '../uploads/store-copy.js';

/** Folder of the data within that of the request; a manifest that is guessed from one file is written beside it. */
const DATA = 'data';
const UNNAMED = 'data';

/** What models get of data, stored or only sent, shown by a process of its own. */
@Injectable()
export class DatasetPreviews {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    @Inject(STORE) private readonly store: ArtifactStore,
    private readonly models: ModelRepository,
    private readonly datasets: DatasetRepository,
    private readonly spool: Spool,
    private readonly untrusted: Untrusted,
  ) {}

  /** Nothing of the form is kept. Throws NotFoundError for the model, and what reading the form throws. */
  async ofForm(request: Request, { model, name, ...choice }: UnstoredPreviewQuery): Promise<DatasetPreview> {
    await this.models.require(model);
    return this.spool.withFolder(async (folder) => {
      const data = join(folder, DATA);
      await mkdir(data);
      const { manifest, files } = await readDataForm(request, data, uploadRoom(this.config));
      if (manifest !== null) await writeFile(join(data, 'dataset.yaml'), manifest);
      const [only] = files.size === 1 ? [...files.keys()] : [];
      const isGuess = manifest === null;
      const preview = await this.untrusted.previewDataset({
        dataPath: isGuess && only !== undefined ? join(data, only) : data,
        name: name ?? UNNAMED,
        isGuess,
        modelPath: await copyModel(this.store, model, folder),
        ...choice,
      });
      return isGuess ? preview : { ...preview, manifest };
    });
  }

  /** Throws NotFoundError for data set and model, and the store's errors. */
  async ofStored(id: string, { model, ...choice }: PreviewQuery): Promise<DatasetPreview> {
    const { manifest, files } = await this.datasets.stored(id);
    await this.models.require(model);
    return this.spool.withFolder(async (folder) => {
      const data = join(folder, DATA);
      await mkdir(data);
      await writeFile(join(data, 'dataset.json'), canonicalJson(manifest));
      await Promise.all(Object.entries(files).map(([file, digest]) => this.store.getToFile(digest, join(data, file))));
      const modelPath = await copyModel(this.store, model, folder);
      const asked = { dataPath: data, name: manifest.name, isGuess: false, modelPath, ...choice };
      return { ...(await this.untrusted.previewDataset(asked)), manifest: canonicalJson(manifest) };
    });
  }
}

import { writeFile } from 'node:fs/promises';
import type { DatasetPreview, PreviewDatasetRequest } from '#contracts';
import type { Preview } from '#datasets';
import { ModelLoadError, RunError } from '#inference';
import { inspectModel, loadModel, runnableBytes, writeModel } from '#onnx';

type Written = Pick<DatasetPreview, 'manifest' | 'notes'> & { path: string };

const NOTHING = { split: null, samples: [], accuracy: null, warnings: [] };

/**
 * Guesses a manifest where none lies there, and serves the first samples to the model. Data that does not fit the model is no failure: the answer says
 * what is wrong with it. Throws OnnxError for the model, and DatasetError where nothing can be guessed.
 */
export async function previewOf({
  dataPath,
  name,
  isGuess,
  modelPath,
  samples,
  from,
  split,
}: PreviewDatasetRequest): Promise<DatasetPreview> {
  const { chanceWarning, DatasetError, previewDataset } = await import('#datasets');
  const model = await loadModel(modelPath, { alone: true });
  const written = isGuess
    ? await guessed(dataPath, name, inspectModel(model))
    : { manifest: '', notes: [], path: dataPath };
  const { manifest, notes, path } = written;
  try {
    const found = await previewDataset(path, runnableBytes(writeModel(model)), { count: samples, from, split });
    const chance = found.accuracy && chanceWarning(found.accuracy);
    const warnings = [chance, found.unmeasured && `top-1 is not measured: ${found.unmeasured}`];
    return {
      manifest,
      notes,
      ...shown(found),
      warnings: warnings.filter((text) => typeof text === 'string'),
      problem: null,
    };
  } catch (error) {
    if (error instanceof DatasetError || error instanceof ModelLoadError || error instanceof RunError)
      return { manifest, notes, ...NOTHING, problem: error.message };
    throw error;
  }
}

async function guessed(dataPath: string, name: string, model: ReturnType<typeof inspectModel>): Promise<Written> {
  const { guessManifest, manifestText } = await import('#datasets');
  const guess = await guessManifest(dataPath, model);
  const manifest = manifestText({ ...guess, manifest: { ...guess.manifest, name } });
  await writeFile(guess.path, manifest);
  return { manifest, notes: [...guess.notes].map(([field, note]) => `${field}: ${note}`), path: guess.path };
}

function shown({ split, samples, accuracy }: Preview): Pick<DatasetPreview, 'split' | 'samples' | 'accuracy'> {
  return {
    split,
    samples: samples.map(({ picture, inputs, ...rest }) => ({
      ...rest,
      picture: picture && picture.toString('base64'),
      inputs: inputs.map((input) => ({ ...input, dims: [...input.dims] })),
    })),
    accuracy: accuracy && { top1: accuracy.top1, samples: accuracy.samples },
  };
}

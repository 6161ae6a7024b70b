import { MelForm, type AudioForm, type ValueSummary } from '#contracts';
import { CLASS, RECORDINGS } from '../media/folder.js';
import type { FileTree } from '../media/file-tree.js';
import { readWav } from '../media/wav.js';
import { inParts, keyOf, type Found, type Scene } from './scene.js';
import { castFloats, takesFractions } from './fit-input.js';
import { foldersOf, labelsByFolder } from './folders.js';

const RATE = 16_000;
const HOP = 160;

/** A data set of recordings: a wave or mel bands as long as the model takes, classes by folder. */
export async function guessRecordings(tree: FileTree, file: string, scene: Scene): Promise<Found> {
  const { model, note } = scene;
  const recordings = tree.paths.filter((path) => RECORDINGS.test(path));
  const floats = model.inputs.filter(({ type }) => takesFractions(type));
  const input = floats.find(({ dims }) => (dims?.length ?? 0) > 1) ?? model.inputs[0];
  const [first = ''] = recordings;
  const { rate, samples } = readWav(await tree.read(first), first);
  const seconds = samples.length / rate;
  const audio = formFor(input, Math.round(seconds * RATE));
  const isState = model.inputs.length > 1;
  const windows = isState ? Math.max(1, Math.floor((seconds * RATE) / audio.samples)) : 1;
  const key = input ? keyOf(model, input) : '*';
  note(
    `inputs.${key}`,
    `rate, length and bands of the model's own training: these are guesses (the first file has ${rate} Hz, ${seconds.toFixed(2)} s)`,
  );
  const reshape =
    input?.dims?.length === 4 && audio.mel ? [{ op: 'reshape' as const, dims: shapeOf(input, audio) }] : [];
  const splits = foldersOf(recordings, file);
  const labels = labelsByFolder(recordings, splits, scene);
  return {
    inputs: { [key]: { audio: { ...audio, windows }, preprocess: [...reshape, ...castFloats(input?.type)] } },
    ...(labels ? { labels: { array: CLASS, classes: labels } } : {}),
    ...(isState ? { sequence: { steps: windows } } : {}),
    splits: Object.keys(splits).length > 0 ? splits : inParts(file),
  };
}

function formFor(input: ValueSummary | undefined, wave: number): AudioForm {
  const [last, bands] = [input?.dims?.at(-1), input?.dims?.at(-2)];
  const isFixed = (dim: unknown): dim is number => typeof dim === 'number' && dim > 1;
  if ((input?.dims?.length ?? 0) >= 3 && isFixed(bands) && bands <= 256) {
    const frames = isFixed(last) ? last : Math.floor(wave / HOP) + 1;
    const mel = MelForm.parse({ bands, hop: HOP });
    return { rate: RATE, samples: (frames - 1) * HOP, windows: 1, mel };
  }
  return { rate: RATE, samples: isFixed(last) ? last : 512, windows: 1 };
}

const shapeOf = ({ dims }: ValueSummary, { samples, mel }: AudioForm): number[] => {
  const bands = mel?.bands ?? 1;
  const frames = 1 + Math.floor(samples / HOP);
  return dims?.[1] === 1 ? [1, bands, frames] : [bands, frames, 1];
};

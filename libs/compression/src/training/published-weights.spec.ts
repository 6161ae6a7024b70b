import { loadModel } from '#onnx';
import { PUBLISHED_MODELS, publishedModelFile } from '#testing';
import { copiedForm } from './form/copied-form.js';

/** Tensors of a published model that are taken for constants by what they hold. */
async function byValues(name: string): Promise<string[]> {
  const file = publishedModelFile(PUBLISHED_MODELS.find((model) => model.name === name)!);
  return copiedForm(await loadModel(file))
    .skipped.filter(({ reason }) => /wave|alike|all its|mask/.test(reason))
    .map(({ node }) => node);
}

it.each<[string, string[]]>([
  ['wake word: melspectrogram', ['0.stft.conv_real.weight', '0.stft.conv_imag.weight']],
  ['silero VAD v5 16k', ['model.stft.forward_basis_buffer']],
  ['PP-OCRv4 det', []],
  ['PP-OCR cls', []],
  ['wake word: embedding', []],
])('of %s the transforms are constants, and no trained weight is taken for one', async (name, constants) => {
  expect(await byValues(name)).toEqual(constants);
});

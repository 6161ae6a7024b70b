import { PASSES, type PassName, type PassOptions } from '#contracts';
import { cloneModel, OnnxError, readModel, writeModel, type ModelProto } from '#onnx';
import { Dice, mutateModel, randomModel } from '#testing';
import { CATALOG } from './catalog.js';
import { CompressionError } from './errors.js';

const CASES: [PassName, object][] = [
  ['quantize', {}],
  ['quantize', { scheme: 'weightOnly' }],
  ['quantize', { scheme: 'dynamic' }],
  ['quantize', { scheme: 'float16' }],
  ['prune', {}],
  ['prune', { granularity: 'weight' }],
  ['prune', { granularity: 'layer' }],
  ['train', {}],
  ['distill', {}],
  ['analyze', {}],
  ['evaluate', {}],
];

/** A damaged model that the door lets in; null where it does not. */
function accepted(seed: number, mutant: number): ModelProto | null {
  const { model } = randomModel(seed);
  mutateModel(model, new Dice(100 * seed + mutant));
  try {
    return readModel(writeModel(model));
  } catch {
    return null;
  }
}

function preflight<N extends PassName>(name: N, model: ModelProto, given: object): void {
  const options = PASSES[name].options.parse(given) as PassOptions<N>;
  CATALOG[name].obstacles?.(cloneModel(model), options, new Map());
  CATALOG[name].preflight(cloneModel(model), options);
}

const MODELS = Array.from({ length: 60 }, (_, i) => accepted(i % 20, Math.floor(i / 20))).filter(
  (model) => model !== null,
);

it('damaged models are among those that the door lets in', () => {
  expect(MODELS.length).toBeGreaterThan(10);
});

it.each(CASES)('preflight of %s %j takes a damaged model, or refuses it in words', (name, options) => {
  for (const model of MODELS) {
    try {
      preflight(name, model, options);
    } catch (error) {
      if (!(error instanceof OnnxError || error instanceof CompressionError)) throw error;
    }
  }
});

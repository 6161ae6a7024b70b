import { QuantizeOptions } from '#contracts';
import { float32 } from '#inference';
import type { Speedup } from '#measurement';
import { DataType, Graph, nodeLabel, writeModel, type ModelProto } from '#onnx';
import { convNet, operatorCounts, randomNumbers, runtimeGraph, weightsExpandedAtRunTime } from '#testing';
import { warningsFor } from '../evidence/warnings.js';
import { quantizeModel } from '../schemes/quantize-model.js';
import { quantizeUnlessSlower } from './where-slower.js';

const random = randomNumbers(3);
const feeds = [{ x: float32([2, 1, 8, 8], Float32Array.from({ length: 128 }, random)) }];
const batches = () => () => feeds;
const run = { threads: 1, seed: 0 };
const optionsOf = (given: object) => QuantizeOptions.parse({ minProducts: 0, ...given });

/** Activations of 16 bits are computed in floats between rounding, slower than floats on any machine. */
const SLOWER = { activationBits: 16 };

const HALF_AS_FAST: Speedup = {
  beforeMs: 1,
  afterMs: 2,
  speedup: 0.5,
  low: 0.48,
  high: 0.52,
  pairs: 25,
  verdict: 'slower',
  reason: null,
  equalWithin: 0.02,
  confidence: 0.95,
  comparisons: 1,
};

describe('quantizeUnlessSlower', () => {
  it.each(['weightsOnly', 'float'] as const)(
    'leaves a net that integers make slower to %s, and says why',
    async (whereSlower) => {
      const model = convNet();
      const report = await quantizeUnlessSlower(model, optionsOf({ ...SLOWER, whereSlower }), batches, run);
      const names = new Graph(convNet()).nodes.filter(({ opType }) => opType === 'Conv' || opType === 'Gemm');
      expect(report.whereSlower).toMatchObject({ int8: { verdict: 'slower' } });
      expect(report.whereSlower?.inFloats).toHaveLength(names.length);
      expect(report.verdict).toMatch(
        /^with all layers in integers the model ran 0\.\d+x .* so 3 of 3 compute in floats/,
      );
      expect(report.skipped.map(({ reason }) => reason)).toEqual(
        Array(3).fill(expect.stringMatching(/^computes in floats .*with all layers in integers the model ran 0\.\d+x/)),
      );
      expect(report.layers.map(({ computesIn }) => computesIn)).toEqual(
        whereSlower === 'float' ? [] : Array(3).fill('float'),
      );
      expect(operatorCounts(new Graph(model))).not.toHaveProperty('QuantizeLinear');
    },
  );

  it('names the options that give the same bytes without the clock', async () => {
    const model = convNet();
    const given = optionsOf({ ...SLOWER, whereSlower: 'weightsOnly' });
    const { decided } = await quantizeUnlessSlower(model, given, batches, run);
    expect(decided).toMatchObject({ whereSlower: 'int8', weightsOnly: expect.arrayContaining([expect.any(String)]) });
    const again = convNet();
    await quantizeModel(again, { ...given, ...decided }, batches, run);
    expect(writeModel(again)).toEqual(writeModel(model));
  });

  it('does what the warning of a slower model advises', async () => {
    const { layers, outputs } = await quantizeModel(convNet(), optionsOf(SLOWER), batches, run);
    const facts = { layers, outputs, probabilities: new Set<string>(), speed: HALF_AS_FAST, int8DotProduct: null };
    const advice = /(whereSlower): (\w+) lets/.exec(warningsFor(optionsOf(SLOWER), facts).join());
    const advised = optionsOf({ ...SLOWER, [String(advice?.[1])]: advice?.[2] });
    const report = await quantizeUnlessSlower(convNet(), advised, batches, run);
    expect(report.whereSlower?.tried).toEqual([expect.objectContaining({ inFloats: 3 })]);
    expect(report.whereSlower?.inFloats).toHaveLength(3);
    expect(report.warnings.filter((warning) => warning.includes('whereSlower'))).toEqual([]);
  });

  it('keeps integers where nothing can be timed, and records that', async () => {
    const options = optionsOf({ calibration: 'minmax', biasCorrection: false });
    const calibrated = await quantizeModel(convNet(), options, batches, run);
    const model = convNet();
    const known = { ...options, ranges: calibrated.activations ?? [] };
    const { decided, layers } = await quantizeUnlessSlower(model, known, null, run);
    expect(decided).toEqual({ whereSlower: 'int8', weightsOnly: [] });
    expect(layers.map(({ computesIn }) => computesIn)).toEqual([undefined, undefined, undefined]);
  });
});

describe('layers named in weightsOnly', () => {
  const quantized = async (given: object): Promise<ModelProto> => {
    const model = convNet();
    await quantizeModel(model, optionsOf({ weightsOnly: ['*'], ...given }), batches, run);
    return model;
  };

  it.each([8, 4, 2])('store %i bits that the runtime makes floats of when it loads the file', async (weightBits) => {
    const bytes = writeModel(await quantized({ weightBits }));
    expect(await weightsExpandedAtRunTime(bytes)).toEqual([]);
    const fused = await runtimeGraph(bytes);
    expect(Object.keys(operatorCounts(fused)).filter((opType) => /Quant|Cast|Mul$/.test(opType))).toEqual([]);
  });

  it('stand beside others that compute in integers', async () => {
    const model = convNet();
    const first = new Graph(model).nodes.find(({ opType }) => opType === 'Conv');
    const options = optionsOf({ weightsOnly: [nodeLabel(first!)] });
    const { layers, skipped } = await quantizeModel(model, options, batches, run);
    expect(layers.map(({ computesIn }) => computesIn ?? 'integers').toSorted()).toEqual([
      'float',
      'integers',
      'integers',
    ]);
    expect(skipped).toContainEqual(expect.objectContaining({ reason: 'computes in floats, as weightsOnly says' }));
    const types = (model.graph?.initializer ?? []).map(({ dataType }) => dataType);
    expect(types.filter((type) => type === DataType.INT8).length).toBeGreaterThanOrEqual(3);
  });

  it('need no data where they are all', async () => {
    const model = convNet();
    const { layers } = await quantizeModel(model, optionsOf({ weightsOnly: ['*'] }), null, run);
    expect(layers).toHaveLength(3);
  });

  it('have the rounding and the biases that were asked for', async () => {
    const plain = await quantizeModel(convNet(), optionsOf({ weightsOnly: ['*'], weightBits: 4 }), batches, run);
    const rounded = await quantizeModel(
      convNet(),
      optionsOf({ weightsOnly: ['*'], weightBits: 4, rounding: 'gptq', biasCorrection: true }),
      batches,
      run,
    );
    const noise = ({ outputSnrDb }: { outputSnrDb: number | null | undefined }) => outputSnrDb ?? Infinity;
    expect(noise(rounded)).toBeGreaterThan(noise(plain));
  });
});

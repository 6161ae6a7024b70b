import { DistillOptions, PruneOptions, QuantizeOptions, TrainOptions, type Skipped } from '#contracts';
import { GraphBuilder, inspectModel, readModel, writeModel, type ModelProto } from '#onnx';
import { randomNumbers } from '#testing';
import { distillPass } from './passes/distill/distill.js';
import { Points } from './distillation/points.fixture.js';
import { prunePass } from './passes/prune/prune.js';
import { quantizePass } from './passes/quantize/quantize.js';
import { trainPass } from './passes/train/train.js';

const random = randomNumbers(4);
const weights = (...dims: number[]) =>
  [Float32Array.from({ length: dims.reduce((a, b) => a * b) }, () => random() - 0.5), dims] as const;
const OWN = { domain: 'com.microsoft' };
const FUSED = ['FusedConv', 'FusedGemm', 'FusedMatMul'];

/** A model as the runtime writes it when it optimizes one, and an LSTM and a table beside it. */
function optimized(): ModelProto {
  const b = new GraphBuilder();
  const conv = b.op(
    'FusedConv',
    [b.input('x', ['n', 3, 6, 6]), b.float(...weights(8, 3, 3, 3)), b.float(...weights(8))],
    { activation: 'Relu', kernel_shape: [3, 3] },
    OWN,
  );
  const flat = b.op('Flatten', [b.op('GlobalAveragePool', [conv])]);
  const dense = b.op(
    'FusedGemm',
    [flat, b.float(...weights(8, 8)), b.float(...weights(8))],
    { activation: 'Relu' },
    OWN,
  );
  const gelu = b.op('QuickGelu', [b.op('FusedMatMul', [dense, b.float(...weights(8, 8))], {}, OWN)], {}, OWN);
  const [normed] = b.ops('SkipLayerNormalization', 1, [gelu, dense, b.float(...weights(8))], {}, 'com.microsoft');
  const plain = b.op('Gemm', [normed!, b.float(...weights(8, 8)), b.float(...weights(8))]);
  const row = b.op('Gather', [b.float(...weights(5, 8)), b.ints(2)]);
  const sequence = b.op('Unsqueeze', [b.op('Add', [plain, row]), b.ints([0])]);
  const [states] = b.ops('LSTM', 1, [sequence, b.float(...weights(1, 16, 8)), b.float(...weights(1, 16, 4))], {
    hidden_size: 4,
  });
  b.op(
    'Gemm',
    [b.op('Reshape', [states!, b.ints([-1, 4])]), b.float(...weights(4, 3)), b.float(...weights(3))],
    {},
    { outputs: ['y'] },
  );
  b.output('y', ['n', 3]);
  return readModel(writeModel(b.build(17, 8)));
}

const opTypes = (skipped: readonly Skipped[]) =>
  skipped.filter(({ reason }) => /operator of the runtime's own/.test(reason)).map(({ opType }) => opType);

describe('layers that a pass does not look into are listed by', () => {
  it.each(['static', 'weightOnly', 'dynamic'] as const)('quantize %s', (scheme) => {
    expect(opTypes(quantizePass.preflight(optimized(), QuantizeOptions.parse({ scheme })))).toEqual([
      ...FUSED,
      'QuickGelu',
      'SkipLayerNormalization',
    ]);
  });

  it.each(['channel', 'weight', 'layer'] as const)('prune by %s', (granularity) => {
    const skipped = prunePass.preflight(optimized(), PruneOptions.parse({ granularity }));
    expect(opTypes(skipped)).toEqual(FUSED);
    if (granularity !== 'channel')
      expect(skipped.map(({ opType, reason }) => [opType, reason])).toEqual(
        expect.arrayContaining([
          ['LSTM', 'its weights stay as they are: there is no rule for LSTM'],
          ['Gather', expect.any(String)],
        ]),
      );
  });

  it.each(['channel', 'weight'] as const)('a run of prune by %s', async (granularity) => {
    const points = await Points.create();
    const { skipped } = await prunePass.run(
      { ...points.context(writeModel(optimized())), data: null },
      PruneOptions.parse({ granularity, ratio: 0.25 }),
    );
    await points.remove();
    expect(opTypes(skipped)).toEqual(FUSED);
  });

  it('training', () => {
    for (const skipped of [
      trainPass.preflight(optimized(), TrainOptions.parse({})),
      distillPass.preflight(optimized(), DistillOptions.parse({})),
    ]) {
      expect(FUSED.filter((op) => !skipped.some(({ opType, reason }) => opType === op || reason.includes(op)))).toEqual(
        [],
      );
    }
  });

  it('the inspection, whose figure of work is missing rather than wrong', () => {
    expect(inspectModel(optimized())).toMatchObject({ macs: null, ops: { 'com.microsoft.FusedConv': 1 } });
  });
});

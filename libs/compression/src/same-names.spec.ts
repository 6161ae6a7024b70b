import { toBinary } from '@bufbuild/protobuf';
import { QuantizeOptions } from '#contracts';
import { Session } from '#inference';
import {
  GraphBuilder,
  inspectModel,
  ModelProtoSchema,
  readModel,
  runnableBytes,
  writeModel,
  type ModelProto,
} from '#onnx';
import { randomNumbers } from '#testing';
import { Points } from './distillation/points.fixture.js';
import { quantizePass } from './passes/quantize/quantize.js';

/** Three layers; all called as `names` say. */
function raw(names: readonly string[]): ModelProto {
  const random = randomNumbers(3);
  const b = new GraphBuilder();
  let x = b.input('x', ['n', 8]);
  for (const last of [false, false, true]) {
    const weight = b.float(
      Float32Array.from({ length: 64 }, () => random() - 0.4),
      [8, 8],
    );
    const y = b.op(
      'Gemm',
      [x, weight, b.float(Float32Array.from({ length: 8 }, random))],
      {},
      last ? { outputs: ['y'] } : {},
    );
    x = last ? b.output(y, ['n', 8]) : b.op('Relu', [y]);
  }
  b.nodes.filter(({ opType }) => opType === 'Gemm').forEach((node, i) => (node.name = names[i]!));
  return b.build(17);
}

const net = (names: readonly string[]) => readModel(writeModel(raw(names)));

describe('layers of one name', () => {
  it('are told apart when the model is read', () => {
    const names = (given: string[]) =>
      net(given).graph!.node.flatMap(({ opType, name }) => (opType === 'Gemm' ? [name] : []));
    expect(names(['fc', 'fc', 'fc'])).toEqual(['fc', 'fc_1', 'fc_2']);
    expect(names(['a', 'b', 'c'])).toEqual(['a', 'b', 'c']);
    // The second is called as the first Relu is known, by its output.
    expect(names(['', 'v3_Relu', ''])).toEqual(['', 'v3_Relu_1', '']);
    expect(inspectModel(net(['fc', 'fc', 'fc'])).nodes).toBe(5);
  });

  it('run, although the runtime refuses the file as it is', async () => {
    const bytes = toBinary(ModelProtoSchema, raw(['fc', 'fc', 'fc']));
    await expect(Session.create(bytes)).rejects.toThrow(/same node name/);
    await (await Session.create(runnableBytes(bytes))).release();
    const fine = toBinary(ModelProtoSchema, raw(['a', 'b', 'c']));
    expect(runnableBytes(fine)).toBe(fine);
  });

  it('are quantized as layers of different names, each by what was measured of it', async () => {
    const points = await Points.create({ splits: { calibration: { file: 'data.npz' } } });
    const run = async (names: string[]) => {
      const options = QuantizeOptions.parse({ biasCorrection: true, rounding: 'gptq', weightBits: 4 });
      const { summary } = await quantizePass.run(points.context(writeModel(net(names))), options);
      return {
        snr: summary['outputSnrDb'],
        layers: (summary['layers'] as { node: string; weightSnrDb: number }[]).map(({ node, weightSnrDb }) => [
          node,
          weightSnrDb,
        ]),
      };
    };
    const [same, different] = [await run(['fc', 'fc', 'fc']), await run(['fc', 'fc_1', 'fc_2'])];
    await points.remove();
    expect(same).toEqual(different);
  });
});

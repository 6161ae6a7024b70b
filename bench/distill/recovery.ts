import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CATALOG } from '#compression';
import { PruneOptions, QuantizeOptions, type DistillOptions } from '#contracts';
import { openDataset } from '#datasets';
import { cloneModel, readModel, writeModel, type ModelProto } from '#onnx';
import type { BenchResult } from '../harness.js';
import { EXAMPLES } from '../digits.js';
import { Lab, digits } from './lab.js';

/** What a pass does to a model, and how it is trained back. */
interface Damage {
  name: string;
  inflict(lab: Lab, model: ModelProto): Promise<ModelProto>;
  recovery: Partial<DistillOptions>;
}

const pruned: Damage['inflict'] = async (lab, model) =>
  (
    await CATALOG.prune.run(
      lab.context(cloneModel(model), writeModel(model)),
      PruneOptions.parse({ granularity: 'weight', ratio: 0.9 }),
    )
  ).model!;
const quantized =
  (weightBits: 4 | 2): Damage['inflict'] =>
  async (lab, model) =>
    (
      await CATALOG.quantize.run(
        lab.context(cloneModel(model), writeModel(model)),
        QuantizeOptions.parse({ weightBits }),
      )
    ).model!;

const DAMAGES: readonly Damage[] = [
  { name: '90 % of weights zero', inflict: pruned, recovery: { epochs: 6 } },
  { name: '4-bit weights', inflict: quantized(4), recovery: { epochs: 6, learnScales: true } },
  { name: '2-bit weights', inflict: quantized(2), recovery: { epochs: 6, learnScales: true } },
];

/** Accuracy that zeros and coarse grids cost seed-net and LeNet-5, and distillation from the whole net gives back. */
export async function* recovery(folder: string): AsyncGenerator<BenchResult> {
  const nets = [
    { name: 'seed-net', file: 'seed-net/seed-net.onnx', data: await openDataset(join(EXAMPLES, 'seed-net')) },
    { name: 'lenet-5', file: 'lenet/lenet-5.onnx', data: await digits(folder) },
  ];
  for (const { name, file, data } of nets) {
    const lab = new Lab(data, folder);
    const original = readModel(await readFile(join(EXAMPLES, file)));
    yield { net: name, method: 'teacher', ...(await lab.score(original)), seconds: null };
    for (const { name: damage, inflict, recovery: options } of DAMAGES) {
      const model = await inflict(lab, original);
      const net = `${name}, ${damage}`;
      yield { net, method: 'none', ...(await lab.score(model)), seconds: null };
      yield { net, method: 'discriminative', ...(await lab.distill(model, original, options)).row };
    }
    await data.close();
  }
}

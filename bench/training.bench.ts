import { readFile } from 'node:fs/promises';
import { buildTrainingStep, adam, softmaxCrossEntropy } from '#autodiff';
import { blockedLayout, observeTrainingShapes, trainingForm, Trainer } from '#compression';
import { Session, float32, type HostTensors } from '#inference';
import { DataType, Graph, readModel, writeModel, type ModelProto } from '#onnx';
import { randomNumbers } from '#testing';
import { alternate, median, peakMb, type BenchResult } from './harness.js';
import { SAMPLE_DIMS, mobileNetLike, resNet8, transformer } from './nets.js';

interface TrainedNet {
  net: string;
  model: ModelProto;
  sample: readonly number[];
  batch: number;
}

/** Medians are over so many steps; the first ones warm up. */
const STEPS = 20;
const WARMUP = 3;

async function nets(): Promise<TrainedNet[]> {
  const seedNet = readModel(await readFile(new URL('../../examples/seed-net/seed-net.onnx', import.meta.url)));
  return [
    { net: 'seed-net', model: seedNet, sample: [1, 32, 32], batch: 64 },
    { net: 'mobilenet-like 96x96', model: mobileNetLike(), sample: SAMPLE_DIMS.mobileNetLike, batch: 32 },
    { net: 'resnet-8', model: resNet8(), sample: SAMPLE_DIMS.resNet8, batch: 64 },
    { net: 'transformer 2x128', model: transformer(), sample: SAMPLE_DIMS.transformer, batch: 32 },
  ];
}

/** Step time of four nets against their forward pass, same threads, same batch, alternated in one run. */
export async function run(): Promise<BenchResult[]> {
  const results: BenchResult[] = [];
  for (const net of await nets()) results.push(await measure(net));
  return results;
}

async function measure({ net, model, sample, batch }: TrainedNet): Promise<BenchResult> {
  const random = randomNumbers(2);
  const dims = [batch, ...sample];
  const { graph, trainables } = trainingForm(new Graph(model));
  const input = graph.inputs[0]!.name;
  const output = graph.outputs[0]!.name;
  const inputs: HostTensors = { [input]: float32(dims, Float32Array.from({ length: dims.reduce((a, d) => a * d, 1) }, random)) };
  const shapes = await observeTrainingShapes(graph, inputs);
  const step = buildTrainingStep({
    graph,
    shapes,
    parameters: trainables.map(({ name }) => name),
    extraInputs: [{ name: 'labels', dims: [batch], type: DataType.INT64 }],
    loss: (g) => {
      const { value, gradient } = softmaxCrossEntropy(g, output, 'labels', shapes.get(output) as unknown as [number, number]);
      return { terms: { loss: value }, seeds: new Map([[output, gradient]]) };
    },
    optimizer: adam(),
    block: await blockedLayout(),
  });
  const weights = step.layout.pack(new Map(trainables.map(({ name, values }) => [name, values])));
  const trainer = await Trainer.create(step, { weights, mask: new Float32Array(weights.length).fill(1) }, 1);
  const forward = await Session.create(writeModel(model), { optimization: 'extended' });
  const labels = { type: 'int64' as const, dims: [batch], data: BigInt64Array.from({ length: batch }, (_, i) => BigInt(i % 10)) };
  const times = await alternate({ forward: () => forward.run(inputs), step: () => trainer.run({ ...inputs, labels }, 1e-4) }, STEPS, WARMUP);
  await forward.release();
  await trainer.release();
  const [forwardMs, stepMs] = [median(times.forward), median(times.step)];
  return { net, batch, threads: 1, parameters: step.layout.size, nodes: step.model.graph!.node.length, forwardMs, stepMs, ratio: stepMs / forwardMs, samplesPerS: (batch * 1000) / stepMs, peakMb: peakMb() };
}

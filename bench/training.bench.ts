import { readFile } from 'node:fs/promises';
import { buildGradientStep, lossOf, softmaxCrossEntropy } from '#autodiff';
import { blockedLayout, planFromBatch, trainingForm, Trainer, adam } from '#compression';
import { Session, float32, type HostTensors } from '#inference';
import { DataType, Graph, cloneModel, readModel, writeModel, type ModelProto } from '#onnx';
import { randomNumbers } from '#testing';
import { alternate, median, peakMb, type BenchResult } from './harness.js';
import { SAMPLE_DIMS, hintonNet, mobileNetLike, resNet8, transformer } from './nets.js';

/** A net to train, and the batch that it is trained on. */
export interface TrainedNet {
  net: string;
  model: ModelProto;
  sample: readonly number[];
  batch: number;
}

/** Medians are over so many steps; the first ones warm up. */
const STEPS = 20;
const WARMUP = 3;

/** The nets that training is measured on. */
export async function trainedNets(): Promise<TrainedNet[]> {
  const seedNet = readModel(await readFile(new URL('../../examples/seed-net/seed-net.onnx', import.meta.url)));
  return [
    { net: 'seed-net', model: seedNet, sample: [1, 32, 32], batch: 64 },
    { net: 'mobilenet-like 96x96', model: mobileNetLike(), sample: SAMPLE_DIMS.mobileNetLike, batch: 32 },
    { net: 'resnet-8', model: resNet8(), sample: SAMPLE_DIMS.resNet8, batch: 64 },
    { net: 'transformer 2x128', model: transformer(), sample: SAMPLE_DIMS.transformer, batch: 32 },
    { net: 'mlp 2x1200', model: hintonNet(), sample: SAMPLE_DIMS.hintonNet, batch: 128 },
  ];
}

/**
 * Step time of five nets against their forward pass, same threads, same batch, same session options, alternated in one
 * run; then the same with two threads, divided as the plan says. `fastestForwardMs` is the forward pass with every
 * optimization for inference.
 */
export async function run(): Promise<BenchResult[]> {
  const results: BenchResult[] = [];
  for (const net of await trainedNets()) for (const threads of [1, 2]) results.push(await measure(net, threads));
  return results;
}

async function measure({ net, model, sample, batch }: TrainedNet, threads: number): Promise<BenchResult> {
  const random = randomNumbers(2);
  const dims = [batch, ...sample];
  const { graph, trainables } = trainingForm(new Graph(cloneModel(model)));
  const input = graph.inputs[0]!.name;
  const inputs: HostTensors = {
    [input]: float32(dims, Float32Array.from({ length: dims.reduce((a, d) => a * d, 1) }, random)),
  };
  const { plan, shapes } = await planFromBatch(graph, inputs, { threads, log: () => undefined });
  const output = graph.outputs[0]!.name;
  const step = buildGradientStep({
    graph,
    shapes,
    parameters: trainables.map(({ name }) => name),
    extraInputs: [{ name: 'labels', dims: [plan.partSize], type: DataType.INT64 }],
    loss: (l) => lossOf(softmaxCrossEntropy(l, l.value(output), l.given('labels'))),
    block: await blockedLayout(),
  });
  const weights = step.layout.pack(new Map(trainables.map(({ name, values }) => [name, values])));
  const start = { weights, optimizer: adam() };
  const trainer =
    plan.parts > 1 ? await Trainer.divided(step, start, plan) : await Trainer.create(step, start, threads);
  const forward = await Session.create(writeModel(model), { optimization: 'extended', threads });
  const fastest = await Session.create(writeModel(model), { optimization: 'all', threads });
  const labels = {
    type: 'int64' as const,
    dims: [batch],
    data: BigInt64Array.from({ length: batch }, (_, i) => BigInt(i % 10)),
  };
  const times = await alternate(
    {
      forward: () => forward.run(inputs),
      fastest: () => fastest.run(inputs),
      step: () => trainer.run({ ...inputs, labels }, 1e-4),
    },
    STEPS,
    WARMUP,
  );
  await Promise.all([forward.release(), fastest.release(), trainer.release()]);
  const [forwardMs, fastestForwardMs, stepMs] = [median(times.forward), median(times.fastest), median(times.step)];
  return {
    net,
    batch,
    threads,
    sessions: plan.sessions,
    parameters: step.layout.elements,
    nodes: step.model.graph!.node.length,
    forwardMs,
    fastestForwardMs,
    stepMs,
    ratio: stepMs / forwardMs,
    samplesPerS: (batch * 1000) / stepMs,
    estimateMb: plan.estimateMb,
    peakMb: peakMb(),
  };
}

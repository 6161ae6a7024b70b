import type { ModelMetrics, ModelPair, Report } from '#contracts';
import { layerNode } from '#testing';

const metrics = (share: number): ModelMetrics => ({
  bytes: 1_000_000 * share,
  compressedBytes: 900_000 * share,
  parameters: 1000,
  nonZeros: 1000,
});

const change = { difference: -0.01, low: -0.02, high: -0.001, pValue: 0.03, test: 'mcnemar' as const };
const interval = { confidence: 0.95, method: 'wilson' as const, samples: 400 };

/** A report of a job that quantized and measured; names hold what must not become markup. */
export function exampleReport(changes: Partial<Report> = {}): Report {
  const digest = (letter: string) => letter.repeat(64);
  const baseline: ModelMetrics = {
    ...metrics(1),
    top1: 0.98,
    latencyMsP50: 2,
    latencySamplesMs: [1.9, 2, 2.1, 2.2, 3],
    intervals: { top1: { ...interval, low: 0.96, high: 0.99 } },
  };
  const final: ModelMetrics = {
    ...metrics(0.25),
    top1: 0.97,
    latencyMsP50: 1,
    latencyMsP95: 1.5,
    latencySamplesMs: [0.9, 1, 1, 1.1, 1.5],
    intervals: { top1: { ...interval, low: 0.95, high: 0.985, change } },
  };
  const stage = { passVersion: 1, options: { bits: 8 }, key: digest('e'), cached: false, seconds: 1 };
  const recipe = {
    seed: 3,
    passes: [
      { pass: 'quantize', options: {} },
      { pass: 'evaluate', options: {} },
    ],
    gates: [],
  };
  return {
    format: 'coldpress-report',
    formatVersion: 1,
    job: '6f1f0b52-6f0f-4b5e-8a39-9e8e8b0a0001',
    title: 'small <b>net</b> & co',
    name: 'small <b>net</b> & co',
    createdAt: '2026-11-30T12:00:00.000Z',
    model: digest('a'),
    dataset: digest('b'),
    recipe,
    baseline,
    final,
    verdict: '75 % smaller',
    stages: [
      {
        ...stage,
        pass: 'quantize',
        modelDigest: digest('c'),
        metrics: metrics(0.25),
        skipped: [{ node: 'act', opType: 'Relu', reason: 'no weights <script>' }],
        summary: { verdict: 'int8', layers: [{ node: 'fc', outputSnrDb: 31.24 }] },
      },
      {
        ...stage,
        pass: 'evaluate',
        modelDigest: digest('c'),
        metrics: final,
        skipped: [],
        summary: {
          details: [{}, { confusions: { matrix: [[5, 1], [0, 6]] } }], // prettier-ignore
          outputs: [[], [{ output: 'y', lastAxisSnrDb: [30.5, 'identical'] }]],
        },
      },
    ],
    gates: [
      {
        gate: { metric: 'top1', maxDrop: 0.001 },
        passed: false,
        value: 0.97,
        baseline: 0.98,
        explanation: 'top-1 accuracy is 97.00 %, not at most 0.10 % below the baseline of 98.00 %: 0.90 % too far',
      },
    ],
    reproduction: {
      model: { digest: digest('a'), name: 'net|work' },
      dataset: { digest: digest('b'), name: 'digits' },
      recipe,
      seed: 3,
      models: [digest('c'), digest('c')],
      versions: { coldpress: '0.1.0', runtime: 'onnxruntime-node 1.30' },
      machine: 'a CPU, 2 cores',
    },
    ...changes,
  };
}

export const examplePair = (): ModelPair => ({
  before: [layerNode('fc'), layerNode('norm', [0]), layerNode('act', [1], { opType: 'Relu', elements: 0, bits: null })],
  after: [
    layerNode('fc', [], { bits: 8, inputBits: 8 }),
    layerNode('act', [0], { opType: 'Relu', elements: 0, bits: null }),
  ],
});

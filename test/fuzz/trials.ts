import type { PassName } from '#contracts';

/** A pass with options that are tried on every random model. */
export interface FuzzTrial {
  name: string;
  pass: PassName;
  options: Record<string, unknown>;
  /**
   * The least signal to noise, dB, that the result's outputs must keep where the pass promises to change next to
   * nothing.
   */
  leastSnrDb?: number;
}

/** Default options, but for what makes training and timing short. */
export const TRIALS: readonly FuzzTrial[] = [
  { name: 'quantize', pass: 'quantize', options: {} },
  { name: 'quantize weightOnly', pass: 'quantize', options: { scheme: 'weightOnly' } },
  { name: 'quantize dynamic', pass: 'quantize', options: { scheme: 'dynamic' } },
  { name: 'quantize float16', pass: 'quantize', options: { scheme: 'float16' } },
  { name: 'prune', pass: 'prune', options: {} },
  { name: 'prune to the last channel', pass: 'prune', options: { multipleOf: 1, ratio: 0.75 } },
  { name: 'prune weight', pass: 'prune', options: { granularity: 'weight' } },
  { name: 'train', pass: 'train', options: { epochs: 1 } },
  {
    name: 'train on',
    pass: 'train',
    options: { epochs: 1, initialWeights: 'keep', learningRate: 1e-20, batchNorm: 'frozen' },
    leastSnrDb: 40,
  },
  { name: 'distill', pass: 'distill', options: { epochs: 1, learningRate: 1e-20 }, leastSnrDb: 40 },
  { name: 'analyze', pass: 'analyze', options: {} },
  { name: 'export', pass: 'export', options: {} },
  { name: 'evaluate', pass: 'evaluate', options: { latencyRuns: 5, warmupRuns: 0 } },
];

/** A recipe, or a sweep, that New offers. */
export interface Preset {
  title: string;
  recipe: string;
}

/**
 * What a new user may start from, a row each; the first one stands in the recipe field. Its gates are those of the
 * seed-net example.
 */
export const PRESETS: readonly [Preset, ...Preset[]] = [
  {
    title: 'Smaller and faster: int8, channels pruned, recovered by distillation',
    recipe: `passes:
  - pass: quantize
  - pass: prune
    options:
      granularity: channel
      ratio: 0.45
  - pass: distill
    options:
      epochs: 4
  - pass: evaluate
gates:
  - metric: bytes
    maxRatio: 0.1
  - metric: top1
    maxDrop: 0.005
  - metric: latencyMsP50
    maxRatio: 1
`,
  },
  {
    title: 'Quantize without training: 4-bit weights at int8 speed',
    recipe: `passes:
  - pass: quantize
    options:
      weightBits: 4
      rounding: gptq
  - pass: evaluate
gates:
  - metric: bytes
    maxRatio: 0.2
  - metric: top1
    maxDrop: 0.01
`,
  },
  {
    title: 'A sweep: widths of weights and ratios of channels, quality against size',
    recipe: `passes:
  - pass: quantize
    options:
      weightBits: { grid: [8, 4] }
  - pass: prune
    options:
      granularity: channel
      ratio: { grid: [0, 0.3, 0.6] }
  - pass: evaluate
objectives:
  - metric: compressedBytes
  - metric: top1
constraints:
  - metric: top1
    maxDrop: 0.02
`,
  },
  {
    title: 'Find the sensitive layers',
    recipe: `passes:
  - pass: analyze
    options:
      widths: [8, 4, 2]
`,
  },
  {
    title: 'A student of half the width',
    recipe: `passes:
  - pass: distill
    options:
      student: { width: 0.5 }
      epochs: 8
  - pass: evaluate
gates:
  - metric: top1
    maxDrop: 0.02
`,
  },
  {
    title: 'Distil without data',
    recipe: `passes:
  - pass: distill
    options:
      method: generative
      student: { width: 0.5 }
      epochs: 10
`,
  },
  {
    title: 'Train from labels',
    recipe: `passes:
  - pass: train
    options:
      epochs: 10
  - pass: evaluate
`,
  },
];

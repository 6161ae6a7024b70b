/** What a new user finds in the recipe field: int8, nearly half of the channels gone, recovered by distillation. */
export const FIRST_RECIPE = `passes:
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
`;

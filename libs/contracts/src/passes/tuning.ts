/** Options that change how long or how fast a pass trains, and not whether it can. */
export const TUNING_OPTIONS: ReadonlySet<string> = new Set([
  'epochs',
  'learningRate',
  'schedule',
  'warmup',
  'momentum',
  'nesterov',
  'weightDecay',
  'clipNorm',
  'averaging',
  'batchSize',
  'temperature',
  'alpha',
  'labelSmoothing',
  'ratio',
]);

import { ColumnsOfTrials, SweepDocument, type Sweep, type Trial, type TrialColumns } from '#contracts';

const MODEL = 'a'.repeat(64);
const AT = '2026-01-31T12:00:00.000Z';
const BITS = [8, 4, 2];

/** A sweep that has ended, with so many trials. */
export function sweepOf(id: string, count: number): Sweep {
  const parameter = { ordered: true, min: null, max: null, log: false, when: {} };
  return {
    id,
    name: 'many',
    title: 'many',
    state: 'finished',
    modelId: MODEL,
    datasetId: null,
    document: SweepDocument.parse({
      passes: [{ pass: 'quantize', options: { weightBits: { grid: BITS } } }],
      objectives: [{ metric: 'compressedBytes' }, { metric: 'top1' }],
    }),
    objectives: [
      { metric: 'compressedBytes', direction: 'minimize' },
      { metric: 'top1', direction: 'maximize' },
    ],
    forecast: {
      problems: [],
      parameters: [
        { ...parameter, name: 'quantize.weightBits', values: BITS },
        { ...parameter, name: 'prune.ratio', values: null, min: 0, max: 0.9 },
      ],
      spaceSize: null,
      checked: 0,
      infeasible: [],
      skipped: [],
      preflights: 0,
      sampler: 'tpe',
      trials: count,
      isExact: false,
      stages: count,
      stagesDistinct: count,
      stagesCached: 0,
      seconds: null,
      secondsUnknown: [],
      bytes: null,
      bytesUnknown: [],
      memoryMb: null,
    },
    cost: { trials: count, stages: count, stagesDistinct: count, stagesExecuted: count, seconds: count, bytes: count },
    lastEventId: 0,
    counts: { running: 0, complete: count, stopped: 0, cancelled: 0, failed: 0, infeasible: 0 },
    feasible: count,
    baseline: null,
    verification: [],
    survey: null,
    searchedSeconds: count,
    reason: null,
    error: null,
    createdAt: AT,
    finishedAt: AT,
  };
}

/** So many trials, as the API tells all of them. */
export function columnsOf(count: number): TrialColumns {
  const made = new ColumnsOfTrials();
  for (let number = 0; number < count; number++) made.add(trialNumbered(number));
  return made.columns;
}

/** A spread of figures without chance: the fractional parts of multiples of the golden ratio. */
const spread = (number: number, by: number): number => (number * by) % 1;

/** One of them. */
export function trialNumbered(number: number): Trial {
  const ratio = 0.9 * spread(number, 0.618033988749895);
  const bits = BITS[number % BITS.length] ?? 8;
  const bytes = Math.round(bits * 1e4 * (1 - ratio) + 1000 * spread(number, 0.414213562373095));
  const top1 = 0.98 - 0.3 * ratio ** 2 - 0.05 / bits + 0.02 * spread(number, 0.732050807568877);
  return {
    number,
    state: 'complete',
    origin: 'sampler',
    assignment: { 'quantize.weightBits': bits, 'prune.ratio': ratio },
    jobId: null,
    stage: null,
    devices: {},
    constraints: [],
    metrics: { bytes, compressedBytes: bytes, parameters: 1e5, nonZeros: Math.round(1e5 * (1 - ratio)), top1 },
    violation: 0,
    violated: [],
    modelDigest: number.toString(16).padStart(16, '0').repeat(4),
    promotedAs: null,
    reason: null,
    stagesExecuted: 1,
    seconds: 1,
    createdAt: AT,
    finishedAt: AT,
  };
}

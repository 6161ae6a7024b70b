import {
  AnomalyOptions,
  DetectionOptions,
  metricsOfTask,
  SequenceOptions,
  type MetricName,
  type TaskName,
} from '#contracts';
import { float32 } from '#inference';
import { scored, type Answered } from './tasks/scored.fixture.js';

describe('a figure without an interval says why', () => {
  it('of one sample', async () => {
    const { scores, skipped } = await scored({
      task: 'regression',
      size: 1,
      targets: { values: [1], dims: [1] },
      models: [{ y: float32([1, 1], [3]) }, { y: float32([1, 1], [2]) }],
    });
    expect(scores.map(({ mae, intervals }) => [mae, intervals])).toEqual([[2, undefined], [1, undefined]]); // prettier-ignore
    const reason = 'no interval: one sample tells nothing of how others vary';
    expect(skipped).toEqual(['mae', 'rmse', 'outputSnrDb'].map((node) => ({ node, reason })));
  });

  it('of fewer samples than its level takes', async () => {
    const of = (size: number) =>
      scored({
        task: 'regression',
        size,
        targets: { values: Array.from({ length: size }, (_, i) => i), dims: [1] },
        models: [{ y: float32([size, 1], new Float32Array(size).fill(3)) }],
        metrics: ['mae'],
      });
    const [few, enough] = [await of(5), await of(6)];
    expect([few.scores[0]?.intervals, enough.scores[0]?.intervals]).toEqual([undefined, expect.anything()]);
    const reason = 'no interval: 5 samples tell too little of how others vary: an interval of 95 % takes 6';
    expect(few.skipped).toContainEqual({ node: 'mae', reason });
  });

  it('of outputs that differ in one sample of many, so that most draws have no noise at all', async () => {
    const exact = Array.from({ length: 40 }, () => [1, 2]).flat();
    const noisy = exact.map((value, i) => value + (i === 0 ? 0.1 : 0));
    const models = [exact, noisy].map((values) => ({ y: float32([40, 2], values) }));
    const { scores, skipped } = await scored({ task: null, size: 40, models });
    expect(scores[1]?.outputSnrDb).toBeCloseTo(10 * Math.log10(200 / 0.01), 3);
    expect(scores[1]?.intervals).not.toHaveProperty('outputSnrDb');
    expect(skipped).toContainEqual({ node: 'outputSnrDb', reason: expect.stringContaining('outputs are identical') });
  });
});

it('the interval of the ratio of signal to noise counts an output of zeros as the ratio does', async () => {
  const exact = Array.from({ length: 60 }, (_, i) => 1 + (i % 3));
  const noisy = exact.map((value, i) => value + (i % 2 ? 0.1 : -0.1));
  const zeros = float32([60, 1], new Float32Array(60));
  const models = [exact, noisy].map((values) => ({ y: float32([60, 1], values), zeros }));
  const { scores } = await scored({ task: null, size: 60, models });
  const { outputSnrDb = 0, intervals } = scores[1] ?? {};
  const { low = 0, high = 0 } = intervals?.outputSnrDb ?? {};
  // Half of the outputs have no noise: 3 dB above that of the one that has.
  expect(outputSnrDb).toBeCloseTo(10 * Math.log10((2 * 280) / 0.6), 3);
  expect(low).toBeLessThan(outputSnrDb!);
  expect(high).toBeGreaterThan(outputSnrDb!);
});

const LABELLED = { labels: [0, 1, 0, 1, 0, 1, 0, 1], classes: 2 };
const TASKS: Record<TaskName, Pick<Answered, 'labels' | 'classes' | 'targets' | 'options'> & { dims: number[] }> = {
  classification: { ...LABELLED, dims: [2] },
  regression: { targets: { values: LABELLED.labels, dims: [1] }, dims: [1] },
  detection: {
    targets: { values: LABELLED.labels.flatMap((label) => [label, 1, 1, 5, 5]), dims: [1, 5] },
    options: { detection: DetectionOptions.parse({ head: 'rows' }) },
    dims: [3, 6],
  },
  segmentation: { targets: { values: new Array<number>(32).fill(1), dims: [2, 2] }, dims: [2, 2, 2] },
  sequence: {
    targets: { values: LABELLED.labels.flatMap((label) => [label, 1]), dims: [2] },
    options: { sequence: SequenceOptions.parse({ decoding: 'argmax' }) },
    dims: [2, 3],
  },
  embedding: { ...LABELLED, dims: [4] },
  wakeWord: { ...LABELLED, options: { wakeWord: { seconds: 1 } }, dims: [1] },
  anomaly: { ...LABELLED, options: { anomaly: AnomalyOptions.parse({}) }, dims: [1] },
};

it.each(Object.keys(TASKS) as TaskName[])(
  'a model of %s that answers no numbers has no figure without a word',
  async (task) => {
    const { dims, ...labels } = TASKS[task];
    const count = dims.reduce((product, dim) => product * dim, 8);
    const values = Float32Array.from({ length: count }, (_, i) => ((i * 7) % 11) / 11);
    const models = [
      { y: float32([8, ...dims], values) },
      { y: float32([8, ...dims], new Float32Array(count).fill(NaN)) },
    ];
    const { scores, skipped } = await scored({ task, size: 8, models, ...labels });
    const found = scores[1] as Partial<Record<MetricName, number>>;
    for (const metric of [...metricsOfTask(task), 'outputSnrDb'] as const) {
      const isSaid = skipped.some(({ node, reason }) => node === metric && reason.startsWith('not measured'));
      // What is counted by samples counts them as wrong.
      expect({ metric, value: found[metric], isSaid }).toEqual({ metric, ...(isSaid ? {} : { value: 0 }), isSaid });
    }
  },
);

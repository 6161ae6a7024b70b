import { float32 } from '#inference';
import { CustomMetricRun } from './custom-metric.js';
import { evaluateModels } from './scores.js';

/** How far the first output is from the label, a number a sample. */
const DISTANCE = `
export default ({ outputs, labels, size }) =>
  Array.from({ length: size }, (_, i) => Math.abs(outputs.y.data[i] - labels[i]));
`;

describe('a metric that a module computes', () => {
  const runs: CustomMetricRun[] = [];
  afterEach(async () => {
    for (const run of runs.splice(0)) await run.stop();
  });
  const started = async (source: string) => {
    const run = await CustomMetricRun.start({ name: 'mine', source, better: 'lower' });
    runs.push(run);
    return run;
  };
  const size = 40;
  const batch = { inputs: {}, labels: new Int32Array(size).fill(1), targets: null, size };
  const model = (value: number) => ({ run: async () => ({ y: float32([size], new Float32Array(size).fill(value)) }) });
  const measured = async (source: string) => {
    const custom = [await started(source)];
    return evaluateModels(
      [model(1), model(3)],
      (async function* () {
        yield batch;
      })(),
      { task: null, custom, intervals: { confidence: 0.95, resamples: 200 } },
    );
  };

  it('is the mean of what its module returns, with interval and change', async () => {
    const { scores } = await measured(DISTANCE);
    expect(scores.map(({ custom }) => custom?.['mine']?.value)).toEqual([0, 2]);
    expect(scores[1]?.custom?.['mine']?.interval).toMatchObject({ method: 'bootstrap', change: { difference: 2 } });
  });

  it.each([
    ['a module that does not load', 'export default (', /mine/],
    ['one without a function', 'export default 5', /no function/],
    ['one that throws', 'export default () => { throw new Error("no such output"); }', /no such output/],
    ['too few numbers', 'export default () => [1]', /must return 40 finite numbers.*returned 1: 1/],
    ['what is no number', 'export default ({ size }) => Array(size).fill(NaN)', /must return 40 finite numbers/],
  ])('refuses %s by its name', async (_what, source, words) => {
    await expect(measured(source)).rejects.toMatchObject({
      code: 'custom_metric',
      message: expect.stringMatching(words),
    });
  });

  it('is given no environment of the process', async () => {
    const { scores } = await measured('export default ({ size }) => Array(size).fill(Object.keys(process.env).length)');
    expect(scores[0]?.custom?.['mine']?.value).toBe(0);
  });
});

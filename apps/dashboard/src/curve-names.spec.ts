import { curveNames, curveOf, curveTitle, type ProgressPoint } from './curve-names.js';

const points: ProgressPoint[] = [
  { fraction: 0.1, step: 10, epoch: 1, etaS: 9, samplesPerS: 100, learningRate: 0.1, loss: 2 },
  { fraction: 0.2, step: 20, epoch: 1, etaS: 8, samplesPerS: 100, learningRate: 0.1, loss: 1, snrDb: 12 },
];

it('draws what is learnt, not what is counted', () => {
  expect(curveNames(points)).toEqual(['loss', 'snrDb']);
});

it('draws over the steps with its unit, and where there are none over the share of the stage', () => {
  expect(curveOf(points, 'loss')).toEqual({
    unit: '',
    xTitle: 'step',
    points: [
      [10, 2],
      [20, 1],
    ],
  });
  expect(curveOf(points, 'snrDb')).toEqual({ unit: 'dB', xTitle: 'step', points: [[20, 12]] });
  expect(curveOf([{ fraction: 0.5, loss: 3 }], 'loss')).toEqual({
    unit: '',
    xTitle: '% of the stage',
    points: [[50, 3]],
  });
});

it('goes on where a training was cut off, and shows the newest of several', () => {
  const loss = (...pairs: [number, number][]) =>
    curveOf(
      pairs.map(([step, value]) => ({ step, loss: value })),
      'loss',
    ).points;
  expect(loss([10, 9], [20, 8], [30, 7], [20, 6], [30, 5])).toEqual([[10, 9], [20, 6], [30, 5]]); // prettier-ignore
  expect(loss([10, 9], [20, 8], [0, 3], [5, 2])).toEqual([[0, 3], [5, 2]]); // prettier-ignore
});

it('writes names as words', () => {
  expect(['validationLoss', 'snrDb', 'loss'].map(curveTitle)).toEqual(['validation loss', 'SNR', 'loss']);
});

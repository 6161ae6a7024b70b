import type { Dataset } from '#datasets';
import { TrainingError } from '../training/errors.js';
import { trainData } from './train-data.js';

const having = (...splits: string[]) => ({ hasSplit: (split: string) => splits.includes(split) }) as unknown as Dataset;

it('a distillation that learns from samples needs a train split', () => {
  const data = having('test', 'train');
  expect(trainData(data)).toBe(data);
  expect(() => trainData(having('test', 'calibration'))).toThrow(TrainingError);
  expect(() => trainData(null)).toThrow('choose method generative');
});

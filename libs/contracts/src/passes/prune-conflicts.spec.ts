import { PruneOptions } from './prune.js';

const fieldsOf = (options: object) =>
  PruneOptions.safeParse(options).error?.issues.map(({ path }) => path.join('.')) ?? [];
const BUDGET = { macs: 0.5 };

describe('options of prune', () => {
  it.each([
    ['freeze', { freeze: ['w'] }],
    ['budget', { budget: BUDGET, granularity: 'weight' }],
    ['budget', { budget: BUDGET, schedule: 'gradual' }],
    ['maxDrop', { maxDrop: 0.1, schedule: 'iterative' }],
    ['maxDrop', { maxDrop: 0.1, budget: BUDGET }],
    ['ratio', { ratio: 0.3, budget: BUDGET }],
    ['ratio', { ratio: 0.3, granularity: 'n:m' }],
    ['schedule', { schedule: 'gradual', granularity: 'layer' }],
    ['steps', { steps: 8 }],
    ['recoverEpochs', { recoverEpochs: 1 }],
    ['sensitivity', { sensitivity: true, granularity: 'weight' }],
    ['layerLimit', { layerLimit: 0.5 }],
    ['layerLimits', { layerLimits: { fc1: 0.5 }, granularity: 'n:m' }],
    ['groupWeights', { groupWeights: 'macs', granularity: 'weight' }],
    ['multipleOf', { multipleOf: 1, granularity: 'weight' }],
    ['pattern', { pattern: '1:4' }],
    ['block', { block: [4, 4] }],
  ])('that would go unheeded are refused when they are read: %s', (field, options) => {
    expect(fieldsOf(options)).toEqual([field]);
  });

  it.each<object>([
    {},
    { ratio: 0.3, schedule: 'gradual', steps: 8, recoverEpochs: 1, freeze: ['w'] },
    { budget: BUDGET, multipleOf: 1, groupWeights: 'size', sensitivity: true },
    { maxDrop: 0.1, ratio: 0.9 },
    { granularity: 'weight', layerLimit: 0.5 },
    { scope: 'global', layerLimit: 0.5 },
    { granularity: 'n:m', pattern: '1:4' },
    { granularity: 'block', block: [4, 4] },
  ])('that go together are taken: %j', (options) => {
    expect(fieldsOf(options)).toEqual([]);
  });
});

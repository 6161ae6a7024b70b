import { DistillOptions } from './distill.js';
import { TrainOptions } from './train.js';

const ID = 'a'.repeat(64);
const ENSEMBLE = { models: [ID, ID] };
const FEATURES = [{ teacher: 'a', student: 'b' }];
const SHRINKING = [{ width: 0.5 }, { width: 0.25 }];

const fieldsOf = (schema: typeof DistillOptions | typeof TrainOptions, options: object) =>
  schema.safeParse(options).error?.issues.map(({ path }) => path.join('.')) ?? [];

describe('options of distill', () => {
  it.each([
    ['momentum', { momentum: 0.5 }],
    ['nesterov', { nesterov: true }],
    ['nesterov', { nesterov: true, optimizer: 'sgd', momentum: 0 }],
    ['earlyStopping', { method: 'generative', earlyStopping: {} }],
    ['augment', { method: 'generative', augment: { shift: 2 } }],
    ['labelSmoothing', { labelSmoothing: 0.1, alpha: 1 }],
    ['labelSmoothing', { labelSmoothing: 0.1, method: 'hybrid' }],
    ['labelSmoothing', { labelSmoothing: 0.1, augment: { mixup: 0.2 } }],
    ['labelSmoothing', { labelSmoothing: 0.1, outputs: 'mse' }],
    ['alpha', { alpha: 0.5, method: 'hybrid' }],
    ['alpha', { alpha: 0.5, method: 'generative', teacher: 'previous' }],
    ['alpha', { alpha: 0.5, augment: { mixup: 0.2 } }],
    ['alpha', { alpha: 0.5, outputs: 'cosine' }],
    ['alpha', { alpha: 0.5, outputs: { y: 'mse' } }],
    ['temperature', { temperature: 2, outputs: 'mse' }],
    ['generator', { generator: { high: 255 } }],
    ['augment', { augment: { mixup: 0.2 }, batchSize: 1 }],
    ['features', { features: FEATURES, teacher: ENSEMBLE }],
    ['assistants', { assistants: [{ width: 0.25 }, { width: 0.5 }] }],
    ['assistants', { assistants: [{}] }],
    ['student', { assistants: SHRINKING, student: { width: 0.5 } }],
    ['teacher', { teacher: 'current', alpha: 1 }],
    ['teacher', { teacher: 'current', method: 'hybrid' }],
    ['teacher', { student: { width: 1 }, alpha: 1 }],
  ])('that would go unheeded are refused: %s', (field, options) => {
    expect(fieldsOf(DistillOptions, options)).toEqual([field]);
  });

  it.each<object>([
    {},
    { optimizer: 'sgd', momentum: 0.5, nesterov: true },
    { labelSmoothing: 0.1 },
    { alpha: 1, method: 'hybrid' },
    { alpha: 0.5, temperature: 2, outputs: { y: 'classification', z: 'mse' } },
    { generator: { high: 1 } },
    { generator: { high: 255 }, method: 'hybrid' },
    { teacher: ENSEMBLE },
    { features: FEATURES, teacher: { models: [ID] } },
    { assistants: SHRINKING, student: { width: 0.1 } },
    { teacher: 'current' },
    { method: 'generative', teacher: 'previous' },
    { method: 'hybrid', augment: { flip: true }, earlyStopping: {} },
  ])('that go together are taken: %j', (options) => {
    expect(fieldsOf(DistillOptions, options)).toEqual([]);
  });
});

describe('options of train', () => {
  it.each([
    ['momentum', { momentum: 0 }],
    ['labelSmoothing', { loss: 'mse', labelSmoothing: 0.1 }],
    ['learnScales', { learnScales: true }],
    ['augment', { augment: { mixup: 0.2 }, batchSize: 1 }],
  ])('that would go unheeded are refused: %s', (field, options) => {
    expect(fieldsOf(TrainOptions, options)).toEqual([field]);
  });

  it.each<object>([{}, { learnScales: true, initialWeights: 'keep' }, { optimizer: 'sgd', momentum: 0 }])(
    'that go together are taken: %j',
    (options) => {
      expect(fieldsOf(TrainOptions, options)).toEqual([]);
    },
  );
});

import { randomModel } from '#testing';
import { tryModel } from './try-model.js';
import { TRIALS } from './trials.js';

it('quantizes a convolution whose moved result the bodies of an If read: the runtime would abort on a pair carried into them', async () => {
  expect(randomModel(20733).traits).toContain('branch');
  const [outcome] = await tryModel(
    20733,
    TRIALS.filter(({ name }) => name === 'quantize'),
  );
  expect(outcome).toMatchObject({ state: 'held' });
});

it('trains anew a kernel of one element that is the product of two', async () => {
  expect(randomModel(102827).traits).toContain('channels last');
  const [outcome] = await tryModel(
    102827,
    TRIALS.filter(({ name }) => name === 'train'),
  );
  expect(outcome).toMatchObject({ state: 'held' });
});

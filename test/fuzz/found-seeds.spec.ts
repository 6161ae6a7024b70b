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

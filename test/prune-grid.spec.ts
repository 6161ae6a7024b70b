import { join } from 'node:path';
import { measureGrid } from '../bench/prune-grid.bench.js';
import { SHORT_FORM } from '../bench/prune-grid/grid.js';

it('entropy and gradient keep more of LeNet-5 than chance does, at 90 % of weights and half of the channels', async () => {
  const results = await measureGrid(SHORT_FORM, join(__dirname, '../examples'));
  expect(results).toHaveLength(6);
  for (const granularity of ['weight', 'channel']) {
    const [chance, ...others] = results.filter((result) => result['granularity'] === granularity);
    expect(chance).toMatchObject({ importance: 'random' });
    for (const { top1 } of others) expect(top1).toBeGreaterThan(chance!['top1'] as number);
  }
});

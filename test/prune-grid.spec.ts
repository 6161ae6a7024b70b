import { join } from 'node:path';
import { measureGrid } from '../bench/prune-grid.bench.js';
import { SHORT_FORM } from '../bench/prune-grid/grid.js';

it('entropy and gradient keep more of either net than chance does, where three quarters of the channels go', async () => {
  const results = await measureGrid(SHORT_FORM, join(__dirname, '../examples'));
  expect(results).toHaveLength(6);
  for (const net of SHORT_FORM.nets) {
    const [chance, ...others] = results.filter((result) => result['net'] === net);
    expect(chance).toMatchObject({ importance: 'random' });
    for (const { top1 } of others) expect(top1).toBeGreaterThan(chance!['top1'] as number);
  }
});

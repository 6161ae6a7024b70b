import { join } from 'node:path';
import { measureGrid } from '../bench/prune-grid.bench.js';
import { SHORT_FORM } from '../bench/prune-grid/grid.js';

it.each(SHORT_FORM.nets)(
  'entropy and gradient keep more of %s than chance does, where three quarters of the channels go',
  async (net) => {
    const results = await measureGrid({ ...SHORT_FORM, nets: [net] }, join(__dirname, '../examples'));
    expect(results).toHaveLength(3);
    const [chance, ...others] = results;
    expect(chance).toMatchObject({ importance: 'random' });
    for (const { top1 } of others) expect(top1).toBeGreaterThan(chance!['top1'] as number);
  },
);

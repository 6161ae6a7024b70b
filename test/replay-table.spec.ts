import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gridSampler, randomSampler, tpeSampler, type Sampler } from '#search';
import { search, trialsUntil } from '../bench/replay-table.bench.js';
import { readTable, TABLES, type RecordedTable, type TableName } from '../bench/search/recorded-table.js';

const TABLE_FOLDER = join(__dirname, '../bench/search/tables');
const SEEDS = [1, 2, 3, 4, 5];

/** Real sweeps searched anew: what their passes came to was recorded once. */
describe.each(Object.keys(TABLES) as TableName[])('the recorded sweep of %s', (name) => {
  it('is of the model that the examples have, with figures of every assignment', async () => {
    const table = JSON.parse(await readFile(join(TABLE_FOLDER, `${name}.json`), 'utf8')) as RecordedTable;
    const model = await readFile(join(__dirname, '../examples', TABLES[name].folder, `${name}.onnx`));
    expect(createHash('sha256').update(model).digest('hex')).toBe(table.model);
    expect((await readTable(TABLE_FOLDER, name)).size).toBe(table.rows.length);
  });

  it('has a front that a search comes to, sooner by a Parzen estimator than in the order of the grid', async () => {
    const problem = await readTable(TABLE_FOLDER, name);
    const mean = (make: () => Sampler): number => {
      const searches = SEEDS.map((seed) => search(problem, make(), seed));
      for (const shares of searches) {
        expect([shares.length, shares.at(-1)]).toEqual([problem.size, expect.closeTo(1, 9)]);
        expect(shares.toSorted((a, b) => a - b)).toEqual(shares);
      }
      return searches.reduce((sum, shares) => sum + trialsUntil(shares, 0.99), 0) / SEEDS.length;
    };
    expect(mean(tpeSampler)).toBeLessThan(mean(gridSampler));
    expect(mean(randomSampler)).toBeLessThan(problem.size);
  });
});

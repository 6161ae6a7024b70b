import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { checkSpace, parseSweep, planSweep } from '#pipeline';
import { SweepHarness } from './sweep-harness.js';

const ROOT = resolve(__dirname, '..');
const read = (path: string) => readFile(resolve(ROOT, path), 'utf8');
const blocks = async (language: string) =>
  [...(await read('docs/sweeps.md')).matchAll(new RegExp(`\`\`\`${language}\\n([^]*?)\`\`\``, 'g'))].map(
    ([, text]) => text!,
  );

describe('docs/sweeps.md', () => {
  it('shows documents that can be launched, each combination a valid recipe', async () => {
    const documents = [...(await blocks('yaml')), await read('examples/seed-net/sweep.yaml')];
    const sizes: number[] = [];
    for (const text of documents) {
      const plan = planSweep(parseSweep(text));
      expect((await checkSpace(plan)).infeasible).toEqual([]);
      sizes.push([...plan.space.all()].length);
    }
    expect(sizes).toEqual([30, 2 * 3 * 4 * 3, 4 * 4, 30]);
  });

  it('shows commands that work, one after the other', async () => {
    const harness = await SweepHarness.start();
    try {
      const { api, model, dataset } = harness;
      const environment = { U: api.url, A: `Authorization: Bearer ${api.key}`, MODEL: model.id, DATASET: dataset.id };
      const script = (await blocks('sh')).join('\n');
      const { stdout } = await promisify(execFile)('bash', ['-euc', script], {
        cwd: ROOT,
        env: { ...process.env, ...environment },
        maxBuffer: 1e8,
      });
      expect(stdout).toContain('"stagesDistinct":63');
      expect(stdout).toContain('number,state,quantize.weightBits,prune.ratio,distill,');
    } finally {
      await harness.stop();
    }
  });
});

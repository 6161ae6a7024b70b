import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeSideFiles } from './side-files.js';

describe('writeSideFiles', () => {
  it('leaves out what cannot be written or drawn, and says so', async () => {
    const outputPath = await mkdtemp(join(tmpdir(), 'coldpress-side-'));
    await mkdir(join(outputPath, 'table.json'));
    const lines: string[] = [];
    const files = await writeSideFiles(
      { outputPath, log: (line) => lines.push(line) },
      {
        'table.json': () => '[]',
        'plot.svg': () => {
          throw new Error('no point is finite');
        },
        'nothing.json': () => undefined,
        'curve.json': () => '{}',
      },
    );
    expect(files).toEqual(['curve.json']);
    expect(await readFile(join(outputPath, 'curve.json'), 'utf8')).toBe('{}');
    expect(lines).toEqual([
      expect.stringMatching(/^warning: table\.json is not kept: EISDIR/),
      'warning: plot.svg is not kept: no point is finite',
    ]);
    await rm(outputPath, { recursive: true });
  });
});

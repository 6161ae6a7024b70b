import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { swapFolder } from '../scripts/lib/swap-folder.mjs';

describe('a page that is built anew', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'coldpress-page-'));
    await pageOf('shown', 'old');
  });
  afterEach(() => rm(folder, { recursive: true }));

  const place = (name: string) => join(folder, name);
  async function pageOf(name: string, text: string): Promise<void> {
    await mkdir(place(name));
    await writeFile(join(place(name), 'index.html'), text);
  }
  const shown = () => readFile(join(place('shown'), 'index.html'), 'utf8');

  it('takes the place of the old one, of which nothing is left', async () => {
    await writeFile(join(place('shown'), 'old.js'), '');
    await pageOf('next', 'new');
    await swapFolder(place('next'), place('shown'));
    expect(await shown()).toBe('new');
    expect(await readdir(folder, { recursive: true })).toEqual(['shown', join('shown', 'index.html')]);
  });

  it('leaves the old one where it was never finished', async () => {
    await expect(swapFolder(place('next'), place('shown'))).rejects.toThrow('ENOENT');
    expect(await shown()).toBe('old');
  });

  it('needs no old one', async () => {
    await pageOf('next', 'new');
    await rm(place('shown'), { recursive: true });
    await swapFolder(place('next'), place('shown'));
    expect(await shown()).toBe('new');
  });

  it('is not the page that tests show, which is a copy of their run', async () => {
    const ours = process.env['COLDPRESS_DASHBOARD_PATH'] ?? '';
    expect(resolve(ours)).not.toContain(resolve(__dirname, '../dist'));
    expect(await readdir(ours)).toEqual(
      expect.arrayContaining(['index.html', 'index.html.br', 'device.html', 'assets']),
    );
  });
});

import { open, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { lossyLines } from './lossy-lines.js';

describe('lossyLines', () => {
  it('keeps the order of many lines', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'coldpress-lines-'));
    const file = await open(join(folder, 'log'), 'w');
    const log = lossyLines(file);
    const lines = Array.from({ length: 500 }, (_, index) => `line ${index}\n`);
    for (const line of lines) log.write(line);
    while ((await readFile(join(folder, 'log'), 'utf8')) !== lines.join(''))
      await new Promise((resolve) => setImmediate(resolve));
    await file.close();
    await rm(folder, { recursive: true });
  });

  it('survives a full disk', async () => {
    const full = await open('/dev/full', 'w');
    const log = lossyLines(full);
    for (let round = 0; round < 20; round++) {
      log.write('lost\n');
      await new Promise((resolve) => setImmediate(resolve));
    }
    await full.close();
  });
});

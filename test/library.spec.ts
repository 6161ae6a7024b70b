import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { EXAMPLE } from './app.js';

const ROOT = resolve(__dirname, '..');
const SOURCES = join(ROOT, 'examples/library');
const MODEL = join(EXAMPLE, 'seed-net.onnx');

describe('docs/library.md', () => {
  let folder: string;
  beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), 'coldpress-library-'))));
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('shows the examples as they are', async () => {
    const page = await readFile(join(ROOT, 'docs/library.md'), 'utf8');
    const names = await readdir(SOURCES);
    expect(names).toHaveLength(3);
    for (const name of names) expect(page).toContain((await readFile(join(SOURCES, name), 'utf8')).trim());
  });

  it.each([
    ['quantize', [MODEL, 'small.onnx'], /bytes in small\.onnx/],
    ['smaller-student', [MODEL, EXAMPLE, 'small.onnx'], /^\d+ bytes, top-1 0\.\d+$/m],
    ['choose-width', [MODEL, EXAMPLE, 'small.onnx'], /8 bits: top-1 0\.\d+ instead of/],
  ])('%s runs, and leaves a smaller model', async (name, words, said) => {
    const script = join(ROOT, 'dist/examples/library', `${name}.js`);
    const output = await new Promise<string>((done, fail) => {
      execFile(process.execPath, [script, ...words], { cwd: folder }, (error, stdout, stderr) => {
        if (error) fail(new Error(stderr));
        else done(stdout);
      });
    });
    expect(output).toMatch(said);
    expect((await stat(join(folder, 'small.onnx'))).size).toBeLessThan((await stat(MODEL)).size);
  });
});

import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { packFolder } from '#datasets';
import { withModelFile } from './model-folder.js';

describe('a model that comes as a folder or an archive', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'coldpress-model-folder-'));
    for (const name of ['one', 'two', 'none']) await mkdir(join(folder, name));
    await writeFile(join(folder, 'one/net.onnx'), 'the model');
    await writeFile(join(folder, 'one/net.onnx.data'), 'its data');
    for (const name of ['a.onnx', 'b.onnx']) await writeFile(join(folder, 'two', name), name);
    await packFolder(join(folder, 'one'), join(folder, 'one.zip'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const textOf = async (file: string) => [await readFile(file, 'utf8'), await readFile(`${file}.data`, 'utf8')];

  it.each(['one', 'one.zip', 'one/net.onnx'])('is found in %s, with its data beside it', async (path) => {
    const found: string[] = [];
    const texts = await withModelFile(join(folder, path), (file) => (found.push(file), textOf(file)));
    expect(texts).toEqual(['the model', 'its data']);
    const isLeft = await stat(dirname(found[0] ?? '')).catch(() => null);
    expect(isLeft !== null).toBe(path !== 'one.zip');
  });

  it.each([
    ['two', 'it holds 2 models; name one of a.onnx, b.onnx'],
    ['none', 'holds no .onnx file'],
  ])('is asked for where %s does not say which', async (path, words) => {
    await expect(withModelFile(join(folder, path), textOf)).rejects.toThrow(words);
  });
});

import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { pathToFileURL } from 'node:url';
import { NotFoundError, UriError } from './errors.js';
import { openStore } from './open-store.js';
import { openUri } from './open-uri.js';

describe('a file URI', () => {
  let folder: string;
  let importPath: string;
  const open = (...parts: string[]): Promise<unknown> => openUri(pathToFileURL(join(importPath, ...parts)).href, { importPath, s3Region: 'us-east-1' });

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'coldpress-uri-'));
    importPath = join(folder, 'import');
    await mkdir(join(importPath, 'nets'), { recursive: true });
    await mkdir(join(folder, 'import-not'));
    await writeFile(join(importPath, 'nets', 'my net.onnx'), 'inside');
    await writeFile(join(folder, 'secret'), 'outside');
    await writeFile(join(folder, 'import-not', 'file'), 'outside');
    await symlink(join(folder, 'secret'), join(importPath, 'link'));
    await symlink(folder, join(importPath, 'folder-link'));
    await symlink('nets/my net.onnx', join(importPath, 'inner-link'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it.each([['a file', ['nets', 'my net.onnx']], ['a link that stays inside', ['inner-link']]])('opens %s below the import folder', async (_what, parts) => {
    const opened = (await open(...parts)) as Awaited<ReturnType<typeof openUri>>;
    expect(opened.bytes).toBe(6);
    expect((await buffer(opened.stream)).toString()).toBe('inside');
  });

  it.each([
    ['a path that climbs out', ['..', 'secret']],
    ['a link that leads out', ['link']],
    ['a folder link that leads out', ['folder-link', 'secret']],
    ['a folder whose name only starts alike', ['..', 'import-not', 'file']],
    ['a folder', ['nets']],
    ['the import folder itself', []],
  ])('refuses %s', async (_what, parts) => {
    await expect(open(...parts)).rejects.toThrow(UriError);
  });

  it('refuses encoded climbing, other hosts, other schemes and nonsense', async () => {
    for (const uri of [`file://${importPath}/nets/..%2f..%2fsecret`, 'file://host/etc/passwd', 'http://127.0.0.1/x', 'nonsense', 's3://bucket']) {
      await expect(openUri(uri, { importPath, s3Region: 'us-east-1' })).rejects.toThrow(UriError);
    }
  });

  it('refuses every file unless an import folder is configured', async () => {
    await expect(openUri('file:///etc/hostname', { s3Region: 'us-east-1' })).rejects.toThrow(UriError);
  });

  it('names a file that is not there', async () => {
    await expect(open('none.onnx')).rejects.toThrow(NotFoundError);
  });
});

it('a store URL of an unknown kind is refused', async () => {
  await expect(openStore({ storeUrl: 'ftp://host/', workPath: tmpdir(), s3Region: 'us-east-1' })).rejects.toThrow(UriError);
});

import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { pathToFileURL } from 'node:url';
import { ObjectNotFoundError, UriError } from './errors.js';
import { assertAllowed, type S3Place } from './allowed-prefixes.js';
import { openStore } from './open-store.js';
import { openUri } from './open-uri.js';
import { parseUri } from './parse-uri.js';

describe('a file URI', () => {
  let folder: string;
  let importPath: string;
  const open = (...parts: string[]): Promise<unknown> =>
    openUri(pathToFileURL(join(importPath, ...parts)).href, { importPath, s3Region: 'us-east-1' });

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
    await symlink('loop', join(importPath, 'loop'));
    await symlink('nets/my net.onnx', join(importPath, 'inner-link'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it.each([
    ['a file', ['nets', 'my net.onnx']],
    ['a link that stays inside', ['inner-link']],
  ])('opens %s below the import folder', async (_what, parts) => {
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
    for (const uri of [
      `file://${importPath}/nets/..%2f..%2fsecret`,
      'file://host/etc/passwd',
      'http://127.0.0.1/x',
      'nonsense',
      's3://bucket',
    ]) {
      await expect(openUri(uri, { importPath, s3Region: 'us-east-1' })).rejects.toThrow(UriError);
    }
  });

  it('refuses every file unless an import folder is configured', async () => {
    await expect(openUri('file:///etc/hostname', { s3Region: 'us-east-1' })).rejects.toThrow(UriError);
  });

  it.each([
    ['a folder', ['nets'], 'this is a folder'],
    ['a path through a file', ['nets', 'my net.onnx', 'x'], 'nothing is stored at'],
    ['a link to itself', ['loop'], 'leads back to itself'],
    ['a name longer than any', ['x'.repeat(300)], 'longer than the file system allows'],
  ])('says what is wrong with %s', async (_what, parts, words) => {
    await expect(open(...parts)).rejects.toThrow(words);
  });

  it('does not tell whether a file outside is there', async () => {
    const told = async (path: string) =>
      (
        (await openUri(`file://${path}`, { importPath, s3Region: 'us-east-1' }).catch((error: Error) => error)) as Error
      ).message.replace(path, '');
    expect(await told(join(folder, 'secret'))).toBe(await told(join(folder, 'nothing')));
  });

  it('names a file that is not there', async () => {
    await expect(open('none.onnx')).rejects.toThrow(ObjectNotFoundError);
  });
});

describe('an s3 URI', () => {
  const config = {
    s3Region: 'us-east-1',
    importS3: 's3://imports/models, s3://data',
    storeUrl: 's3://coldpress/store',
  };

  it.each(['s3://imports/secret.onnx', 's3://imports/models2/x', 's3://imports/mod', 's3://other/x'])(
    'is refused where no allowed prefix holds it: %s',
    async (uri) => {
      await expect(openUri(uri, config)).rejects.toThrow(
        'only objects below s3://imports/models, s3://data/ may be registered',
      );
    },
  );

  it('is refused where nothing is allowed, naming the variable', async () => {
    await expect(openUri('s3://imports/x', { s3Region: 'us-east-1' })).rejects.toThrow('COLDPRESS_IMPORT_S3');
  });

  it.each(['s3://imports/models/x', 's3://data/x/y', 's3://coldpress/store/x', 's3://coldpress/other'])(
    "is allowed where a prefix holds it, or it lies in the store's own bucket: %s",
    (uri) => {
      expect(() => assertAllowed(uri, parseUri(uri) as S3Place, config)).not.toThrow();
    },
  );
});

it('a store URL of an unknown kind is refused', async () => {
  await expect(openStore({ storeUrl: 'ftp://host/', workPath: tmpdir(), s3Region: 'us-east-1' })).rejects.toThrow(
    UriError,
  );
});

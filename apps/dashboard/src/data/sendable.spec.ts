import { sendableOf } from './sendable.js';

const dropped = (...paths: string[]) =>
  paths.map((path) => ({ path, file: new File(['x'], path.split('/').at(-1) ?? '') }));
const names = async (...paths: string[]) => {
  const { name, manifest, files } = await sendableOf(dropped(...paths));
  return { name, manifest: manifest?.name ?? null, files: files.map((file) => file.name) };
};

describe('what was dropped', () => {
  it('is a form of its files where they lie in one folder, under the name of the folder', async () => {
    expect(await names('digits/train.npz', 'digits/test.npz', 'digits/.DS_Store')).toEqual({
      name: 'digits',
      manifest: null,
      files: ['train.npz', 'test.npz'],
    });
    expect(await names('data.npz')).toEqual({ name: 'data', manifest: null, files: ['data.npz'] });
  });

  it('is one archive where it is a tree without a manifest, and an archive for each folder with one', async () => {
    expect(await names('pets/cats/1.png', 'pets/dogs/1.png')).toEqual({
      name: 'pets',
      manifest: null,
      files: ['pets.zip'],
    });
    expect(await names('pets/dataset.yaml', 'pets/train/cats/1.png', 'pets/test/2.png', 'pets/x.csv')).toEqual({
      name: 'pets',
      manifest: 'dataset.yaml',
      files: ['x.csv', 'train', 'test'],
    });
  });

  it('is refused where it is nothing, or has two manifests', async () => {
    await expect(sendableOf(dropped('a/.DS_Store'))).rejects.toThrow('no file');
    await expect(sendableOf(dropped('a.yaml', 'b.json', 'c.npz'))).rejects.toThrow('a.yaml and b.json');
  });
});

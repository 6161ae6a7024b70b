import { inWordsOfFiles, problemOfFiles } from './dataset-files.js';

const files = (...names: string[]) => names.map((name) => ({ name }));

it('takes one manifest with any files', () => {
  expect(problemOfFiles(files('dataset.yaml', 'train.npz', 'test.safetensors'))).toBeNull();
  expect(problemOfFiles(files('DATASET.YML'))).toBeNull();
});

it('asks for the manifest where there is none, and for one where there are two', () => {
  expect(problemOfFiles(files('train.npz'))).toContain('choose dataset.yaml together with train.npz');
  expect(problemOfFiles(files('a.yaml', 'b.json', 'x.npy'))).toContain('a.yaml and b.json');
});

it('tells of files, not of a form', () => {
  expect(inWordsOfFiles({ field: 'files.x.npz', message: 'the manifest names this file and it was not sent' })).toEqual(
    { field: 'x.npz', message: 'the manifest names this file and it was not chosen: choose it as well' },
  );
});

import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { create } from '@bufbuild/protobuf';
import { mlp } from '#testing';
import { ExternalDataError, InvalidTensorError, ModelLimitError } from './errors.js';
import { loadModel } from './load.js';
import { DataLocation, StringStringEntryProtoSchema, type ModelProto } from './proto.js';
import { writeModel } from './write.js';
import { tensorToFloats } from './tensor.js';

describe('loadModel', () => {
  let root: string;
  let folder: string;
  let path: string;

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'coldpress-onnx-'));
    folder = join(root, 'model');
    mkdirSync(folder);
    path = join(folder, 'model.onnx');
  });
  afterEach(() => rmSync(root, { recursive: true }));

  /** Moves the first weight of a model out of it; `entries` say where the file claims it to be. */
  function externalize(entries: Record<string, string>): { model: ModelProto; weight: Uint8Array } {
    const model = mlp();
    const tensor = model.graph!.initializer[0]!;
    const weight = tensor.rawData;
    tensor.rawData = new Uint8Array();
    tensor.dataLocation = DataLocation.EXTERNAL;
    tensor.externalData = Object.entries(entries).map(([key, value]) =>
      create(StringStringEntryProtoSchema, { key, value }),
    );
    writeFileSync(path, writeModel(model));
    return { model, weight };
  }

  it('brings external data into the model, at its offset', async () => {
    const { weight } = externalize({ location: 'data/weights.bin', offset: '16', length: String(8 * 16 * 4) });
    mkdirSync(join(folder, 'data'));
    writeFileSync(join(folder, 'data/weights.bin'), Buffer.concat([Buffer.alloc(16, 9), weight, Buffer.alloc(4)]));
    const [tensor] = (await loadModel(path)).graph!.initializer;
    expect(tensorToFloats(tensor!)).toEqual(tensorToFloats(mlp().graph!.initializer[0]!));
    expect(tensor!.dataLocation).toBe(DataLocation.DEFAULT);
  });

  it.each([
    '/etc/passwd',
    '../secret.bin',
    'data/../../secret.bin',
    '..\\secret.bin',
    'C:\\secret.bin',
    '\\\\host\\share',
    'data\0.bin',
  ])('refuses the location %j', async (location) => {
    const { weight } = externalize({ location });
    writeFileSync(join(root, 'secret.bin'), weight);
    await expect(loadModel(path)).rejects.toThrow(/outside the model's folder/);
  });

  it('refuses a symbolic link that leads out of the folder, also by way of a folder', async () => {
    const { weight } = externalize({ location: 'inside/secret.bin' });
    mkdirSync(join(root, 'outside'));
    writeFileSync(join(root, 'outside/secret.bin'), weight);
    symlinkSync(join(root, 'outside'), join(folder, 'inside'));
    await expect(loadModel(path)).rejects.toThrow(/links outside/);
  });

  it('refuses a pipe instead of waiting for its writer', async () => {
    externalize({ location: 'pipe' });
    execFileSync('mkfifo', [join(folder, 'pipe')]);
    await expect(loadModel(path)).rejects.toThrow(/not a regular file/);
  });

  it.each<[string, Record<string, string>, RegExp]>([
    ['past the end of the file', { location: 'w.bin', offset: '8' }, /the file has 512/],
    ['of another length than the shape', { location: 'w.bin', length: '8' }, /declares 8/],
    ['at a negative offset', { location: 'w.bin', offset: '-4' }, /not a byte count/],
    ['at an offset beyond all numbers', { location: 'w.bin', offset: '9'.repeat(30) }, /not a byte count/],
    ['without a location', { offset: '0' }, /names no location/],
  ])('refuses data %s', async (_, entries, message) => {
    const { weight } = externalize(entries);
    writeFileSync(join(folder, 'w.bin'), weight);
    const loading = loadModel(path);
    await expect(loading).rejects.toThrow(InvalidTensorError);
    await expect(loading).rejects.toThrow(message);
  });

  it('names the missing file', async () => {
    externalize({ location: 'gone.bin' });
    const loading = loadModel(path);
    await expect(loading).rejects.toThrow(ExternalDataError);
    await expect(loading).rejects.toThrow(
      /tensor "fc1.weight" has its data in another file, "gone.bin", .*: put the file where the model looks for it/,
    );
  });

  it.each(['w.bin', 'model.onnx'])(
    'refuses %s where the model is to be one file, although it lies beside it',
    async (location) => {
      const { weight } = externalize({ location });
      writeFileSync(join(folder, 'w.bin'), weight);
      await expect(loadModel(path, { alone: true })).rejects.toThrow(
        new RegExp(`"${location}", which does not come with the model: save the model as one file`),
      );
    },
  );

  it('checks the declared size before it reads', async () => {
    const { model } = externalize({ location: 'w.bin' });
    model.graph!.initializer[0]!.dims = [1n << 40n];
    writeFileSync(path, writeModel(model));
    await expect(loadModel(path)).rejects.toThrow(ModelLimitError);
  });

  it('refuses more than a model can have before any of it is read, and says what to do', async () => {
    const tooLarge =
      /the model has 2\.\d+ GB \(\d+ bytes\) with its weights; one model has at most .*: export its parts/;
    const { model } = externalize({ location: 'w.bin' });
    model.graph!.initializer[0]!.dims = [(1n << 29n) - 1n];
    writeFileSync(path, writeModel(model));
    // The data is not there, and is not looked for.
    await expect(loadModel(path)).rejects.toThrow(tooLarge);
    const file = join(folder, 'large.onnx');
    writeFileSync(file, '');
    truncateSync(file, 2.5e9);
    await expect(loadModel(file)).rejects.toThrow(tooLarge);
  });
});

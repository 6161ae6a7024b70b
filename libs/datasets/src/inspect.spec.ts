import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { inspectModel, readModel } from '#onnx';
import { datasetDigest } from './digest.js';
import { inspectDataset, matchInputs } from './inspect.js';
import { errorOf, smallDataset, withFolder } from './test-dataset.js';

describe('inspectDataset', () => {
  it('tells shapes after preprocessing, classes and samples per split', async () => {
    expect(await inspectDataset(join(process.cwd(), 'examples/seed-net'))).toEqual({
      inputs: { '*': { type: 'float32', dims: [1, 32, 32] } },
      classes: 10,
      splits: { calibration: 512, train: 8000, test: 2000 },
    });
  });

  it('checks the labels of every split', () =>
    errorOf(withFolder(smallDataset({ arrays: { y: { dtype: 'u1', dims: [6], data: Uint8Array.of(0, 0, 0, 0, 0, 9) } } }), inspectDataset), 'dataset_labels'));
});

describe('matchInputs', () => {
  const inspection = { inputs: { '*': { type: 'float32', dims: [1, 32, 32] } }, classes: 10, splits: { test: 5 } };

  it('finds nothing where types and shapes agree, symbolic and unknown dimensions fitting anything', () => {
    expect(matchInputs(inspection, [{ name: 'input', type: 'float32', dims: ['batch', 1, 32, 32] }])).toEqual([]);
    expect(matchInputs(inspection, [{ name: 'input', type: 'float32', dims: ['n', 1, 'h', ''] }])).toEqual([]);
    expect(matchInputs(inspection, [{ name: 'input', type: 'float32', dims: null }])).toEqual([]);
  });

  it('finds that the example data set feeds the example model', async () => {
    const folder = join(process.cwd(), 'examples/seed-net');
    const { inputs } = inspectModel(readModel(readFileSync(join(folder, 'seed-net.onnx'))));
    expect(matchInputs(await inspectDataset(folder), inputs)).toEqual([]);
  });

  it('names the input, what was expected and what came', () => {
    const [problem, ...rest] = matchInputs(inspection, [{ name: 'input', type: 'float32', dims: ['batch', 3, 32, 32] }]);
    expect(rest).toEqual([]);
    expect(problem!.field).toBe('dataset.inputs.input');
    expect(problem!.message).toContain('model input "input": expected shape [batch, 3, 32, 32], got [batch, 1, 32, 32]');
  });

  it('names a wrong element type, and inputs that nothing feeds', () => {
    expect(matchInputs(inspection, [{ name: 'ids', type: 'int64', dims: null }])[0]!.message).toContain('expected int64, got float32');
    const two = [{ name: 'a', type: 'float32', dims: null }, { name: 'b', type: 'float32', dims: null }];
    expect(matchInputs(inspection, two).map(({ field }) => field)).toEqual(['dataset.inputs.a', 'dataset.inputs.b']);
  });
});

describe('datasetDigest', () => {
  it('does not depend on the order of keys, and changes with any value', () => {
    const manifest = { name: 'a', inputs: {}, splits: { train: { file: 'f.npz', start: 0 }, test: { file: 'g.npz', start: 0 } } };
    const reordered = { splits: { test: { start: 0, file: 'g.npz' }, train: { start: 0, file: 'f.npz' } }, inputs: {}, name: 'a' };
    const files = { 'f.npz': '0', 'g.npz': '1' };
    expect(datasetDigest({ manifest, files })).toBe(datasetDigest({ files, manifest: reordered }));
    expect(datasetDigest({ manifest, files: { ...files, 'g.npz': '2' } })).not.toBe(datasetDigest({ manifest, files }));
  });
});

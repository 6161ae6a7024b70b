import { DatasetError } from './errors.js';
import { manifestFiles } from '#contracts';
import { parseManifest } from './manifest.js';

const refusal = (text: string): string => {
  try {
    parseManifest(text, 'dataset.yaml');
  } catch (error) {
    if (error instanceof DatasetError) return error.message;
  }
  return '';
};

describe('parseManifest', () => {
  it('fills in what may be left out', () => {
    const manifest = parseManifest('{ name: a, inputs: { "*": { array: x } }, splits: { test: { file: f.npz } } }');
    expect(manifest).toEqual({
      name: 'a',
      inputs: { '*': { array: 'x', preprocess: [] } },
      splits: { test: { file: 'f.npz', start: 0 } },
    });
  });

  it.each([
    [
      '{ name: a, inputs: { x: { aray: x } }, splits: {} }',
      'inputs.x.aray: there is no "aray" here: did you mean "array"?',
    ],
    [
      '{ name: a, inputs: {}, labels: { array: y, clases: 3 }, splits: {} }',
      'labels.clases: there is no "clases" here: did you mean "classes"?',
    ],
    [
      '{ name: a, inputs: {}, splits: { tset: { file: f } } }',
      'splits.tset: there is no "tset" here: did you mean "test"?',
    ],
    [
      '{ name: a, inputs: {}, splits: { test: { file: f, cuont: 3 } } }',
      'splits.test.cuont: there is no "cuont" here: did you mean "count"?',
    ],
    [
      '{ name: a, inputs: { x: { array: x, preprocess: [{ op: scael, factor: 1 }] } }, splits: {} }',
      'inputs.x.preprocess[0].op: "scael" is not allowed here: did you mean "scale"?',
    ],
    ['{ manifest: { name: a, inptus: {} }, files: {} }', 'there is no "inptus" here: did you mean "inputs"?'],
  ])('names the field at fault in %s', (text, message) => {
    expect(refusal(text)).toContain(message);
  });

  it('refuses text that is no YAML and YAML that grows by repeating itself', () => {
    expect(refusal('a: [')).toContain('dataset.yaml: cannot be read: line 1: ');
    const bomb = [
      'a: &a [x,x,x,x,x,x,x,x,x]',
      ...'bcdefghi'.split('').map((name, i) => `${name}: &${name} [${Array(9).fill(`*${'abcdefghi'[i]}`).join(',')}]`),
    ].join('\n');
    expect(refusal(bomb)).toContain('those that aliases repeat included');
  });

  it('knows the files of its splits, each once', () => {
    const manifest = parseManifest(
      '{ name: a, inputs: {}, splits: { train: { file: f.npz }, test: { file: f.npz, start: 3 }, calibration: { file: g.npz } } }',
    );
    expect(manifestFiles(manifest).toSorted()).toEqual(['f.npz', 'g.npz']);
  });
});

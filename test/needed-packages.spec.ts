import { neededPackages } from '../scripts/lib/package/lay-modules.mjs';

describe('the packages that the product needs', () => {
  it('are those that it reaches, peers and nested ones included, developers’ ones and wishes of others not', () => {
    const packages = {
      '': { dependencies: { a: '1' }, devDependencies: { tool: '1' } },
      'node_modules/a': {
        dependencies: { b: '2' },
        peerDependencies: { peer: '1', whim: '1' },
        peerDependenciesMeta: { whim: { optional: true } },
      },
      'node_modules/a/node_modules/b': { optionalDependencies: { native: '1', elsewhere: '1' } },
      'node_modules/b': {},
      'node_modules/native': {},
      'node_modules/peer': {},
      'node_modules/tool': {},
      'node_modules/whim': {},
      'node_modules/onnxruntime-node': { dependencies: { tool: '1' } },
      'node_modules/onnxruntime-common': {},
    };
    expect(neededPackages(packages)).toEqual([
      'node_modules/a',
      'node_modules/a/node_modules/b',
      'node_modules/native',
      'node_modules/onnxruntime-common',
      'node_modules/onnxruntime-node',
      'node_modules/peer',
    ]);
  });
});

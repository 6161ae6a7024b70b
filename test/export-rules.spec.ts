import { doubleNames, exportsOf, importCycles } from '../scripts/lib/export-rules.mjs';

const files = (texts: Record<string, string>) => new Map(Object.entries(texts));
const doubles = (texts: Record<string, string>) =>
  doubleNames(files(texts)).map(({ path, problem }) => [path, problem]);

describe('the rules of exports', () => {
  const ONNX = { 'libs/onnx/src/index.ts': "export * from './a.js';", 'libs/onnx/src/a.ts': 'export const snr = 1;' };

  it('refuse a name that two libraries hand out, and name both places', () => {
    const search = {
      'libs/search/src/index.ts': "export { ratio, type snr } from './b.js';",
      'libs/search/src/b.ts': 'export interface snr {}',
    };
    expect(doubles({ ...ONNX, ...search })).toEqual([
      ['libs/search/src/b.ts', 'snr is defined in libs/onnx/src/a.ts too: one name, one thing'],
    ]);
  });

  it.each([
    ['two files of one library', { 'libs/onnx/src/b.ts': 'export class snr {}' }],
    ['a library that may import the other', { 'libs/inference/src/b.ts': 'export function snr() {}' }],
    ['an app that may', { 'apps/worker/src/b.ts': 'export async function snr() {}' }],
  ])('refuse it in %s', (_what, other) => {
    expect(doubles({ ...ONNX, ...other })).toHaveLength(1);
  });

  it.each([
    ['two apps', { 'apps/api/src/a.ts': 'export class Hub {}', 'apps/worker/src/b.ts': 'export class Hub {}' }],
    ['a page, which cannot see the library', { ...ONNX, 'apps/dashboard/src/a.tsx': 'export const snr = 1;' }],
    [
      'libraries that keep it to themselves',
      { 'libs/queue/src/a.ts': 'export const x = 1;', 'libs/storage/src/a.ts': 'export const x = 1;' },
    ],
    ['a test', { ...ONNX, 'libs/onnx/src/b.spec.ts': 'export const snr = 1;' }],
  ])('allow it in %s', (_what, texts) => {
    expect(doubles(texts as Record<string, string>)).toEqual([]);
  });

  it('take a schema and the type of its name for one thing, with its line', () => {
    const text = '\nexport const Job = z.object({});\nexport type Job = z.infer<typeof Job>;\n';
    expect(exportsOf(text)).toEqual([{ name: 'Job', line: 2 }]);
  });

  it('refuse files that import each other in a circle, by types too, and tell each circle once', () => {
    const found = importCycles(
      files({
        'libs/a/src/one.ts': "import type { Two } from './deep/two.js';",
        'libs/a/src/deep/two.ts': "import { three } from '../three.js';",
        'libs/a/src/three.ts': "export * from './one.js';",
        'libs/a/src/other.ts': "import { one } from './one.js';",
      }),
    );
    expect(found).toHaveLength(1);
    expect(found[0]?.problem).toContain('libs/a/src/deep/two.ts, libs/a/src/one.ts, libs/a/src/three.ts');
  });

  it('allow a diamond', () => {
    const texts = {
      'libs/a/src/top.ts': "import './left.js'; import './right.js';",
      'libs/a/src/left.ts': "import './bottom.js';",
      'libs/a/src/right.ts': "import './bottom.js';",
      'libs/a/src/bottom.ts': '',
    };
    expect(importCycles(files(texts))).toEqual([]);
  });
});

import { doubleNames, exportsOf, importCycles } from '../scripts/lib/export-rules.mjs';

const files = (texts: Record<string, string>) => new Map(Object.entries(texts));
const doubles = (texts: Record<string, string>) =>
  doubleNames(files(texts)).map(({ path, problem }) => [path, problem]);

describe('the rules of exports', () => {
  const ONNX = { 'libs/onnx/src/a.ts': 'export const snr = 1;' };

  it('refuse a name that two libraries export, and name both places', () => {
    expect(doubles({ ...ONNX, 'libs/search/src/b.ts': 'export interface snr {}' })).toEqual([
      ['libs/search/src/b.ts', 'snr is defined in libs/onnx/src/a.ts too: one name, one thing'],
    ]);
  });

  it.each([
    ['two files of one library', { 'libs/onnx/src/b.ts': 'export class snr {}' }],
    ['a library that may import the other', { 'libs/inference/src/b.ts': 'export function snr() {}' }],
    ['an app', { 'apps/worker/src/b.ts': 'export async function snr() {}' }],
    ['a page, which cannot see the library', { 'apps/dashboard/src/a.tsx': 'export const snr = 1;' }],
    ['what tests and benchmarks share', { 'bench/a.ts': 'export const snr = 1;' }],
    ['a fixture', { 'libs/report/src/a.fixture.ts': 'export const snr = 1;' }],
  ])('refuse it in %s', (_what, other) => {
    expect(doubles({ ...ONNX, ...other })).toHaveLength(1);
  });

  it.each<[string, Record<string, string>]>([
    ['a spec', { ...ONNX, 'libs/onnx/src/b.spec.ts': 'export const snr = 1;' }],
    [
      'the entry of each benchmark',
      { 'bench/a.bench.ts': 'export const run = 1;', 'bench/b.bench.ts': 'export const run = 2;' },
    ],
  ])('allow it in %s', (_what, texts) => {
    expect(doubles(texts)).toEqual([]);
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

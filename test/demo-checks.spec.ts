import { checkDemo } from '../scripts/lib/demo-checks.mjs';

const figures = {
  bytes: 100,
  compressedBytes: 60,
  parameters: 10,
  nonZeros: 5,
  top1: 0.977,
  latencyMsP50: 0.1,
  latencyMsP95: 0.2,
};
const good = {
  baseline: { ...figures, bytes: 1000, top1: 0.9785, latencyMsP50: 0.3 },
  stages: ['quantize', 'prune', 'distill', 'evaluate'].map((pass) => ({ ...figures, pass })),
  final: figures,
  gates: [{ passed: true }],
  seconds: 60,
};
const failures = (result: unknown): string[] =>
  checkDemo(`progress\n${JSON.stringify(result)}\n`).flatMap(({ name, passed }) => (passed ? [] : [name]));

describe('the check of the demo', () => {
  it('passes a good result', () => {
    expect(failures(good)).toEqual([]);
  });

  it.each([
    ['a file too big', { ...good, final: { ...figures, bytes: 101 } }],
    ['too much accuracy lost', { ...good, final: { ...figures, top1: 0.9734 } }],
    ['no speed gained', { ...good, final: { ...figures, latencyMsP50: 0.3 } }],
    ['too long a run', { ...good, seconds: 180 }],
    ['a gate that does not hold', { ...good, gates: [{ passed: true }, { passed: false }] }],
    ['no gates', { ...good, gates: [] }],
    ['a stage left out', { ...good, stages: good.stages.slice(1) }],
    ['a figure left out', { ...good, stages: good.stages.map((stage) => ({ ...stage, latencyMsP95: undefined })) }],
  ])('finds %s', (_what, result) => {
    expect(failures(result)).toHaveLength(1);
  });

  it('fails every check when there is no result', () => {
    expect(checkDemo('Error: it broke').every(({ passed }) => !passed)).toBe(true);
  });
});

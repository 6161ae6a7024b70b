import type { Job } from '#contracts';
import { metricsTable } from './job-table.js';

const metrics = {
  top1: 0.9785,
  macroF1: 0.9781,
  worstSnrDb: 15.4,
  bytes: 93_900,
  compressedBytes: 72_700,
  parameters: 90_186,
  nonZeros: 86_160,
  latencyMsP50: 0.036,
  latencyMsP95: 0.134,
};
const job = {
  baseline: { ...metrics, top1: 0.9795 },
  stages: [
    { pass: 'quantize', cached: true, metrics },
    { pass: 'evaluate', cached: false, metrics: null },
  ],
} as unknown as Job;

const titles = (text: string) => (text.split('\n')[0] ?? '').split(/ {2,}/);

describe('metricsTable', () => {
  it('shows every figure where the terminal is wide enough', () => {
    const text = metricsTable(job, 'coldpress report latest', 200);
    expect(titles(text)).toEqual(expect.arrayContaining(['model', 'top-1', 'macro F1', 'worst channel', 'p95']));
    expect(text).not.toContain('more figure');
  });

  it('shows the main ones in a narrow one, and names the command for the others', () => {
    const text = metricsTable(job, 'coldpress report latest', 80);
    expect(titles(text)).toEqual(['model', 'top-1', 'on disk', 'parameters', 'non-zeros', 'p50']);
    expect(text.split('\n').at(-1)).toBe('4 more figures: coldpress report latest');
    text.split('\n').forEach((line) => expect(line.length).toBeLessThanOrEqual(80));
  });

  it('has a row for the baseline and each measured model', () => {
    const rows = metricsTable(job, '', 80).split('\n').slice(2, -1);
    expect(rows.map((row) => row.split(/ {2,}/).slice(0, 2))).toEqual([
      ['baseline', '97.95 %'],
      ['quantize (cached)', '97.85 %'],
    ]);
  });

  it('is nothing where nothing was measured', () => {
    expect(metricsTable({ ...job, baseline: null, stages: [] } as unknown as Job, '', 80)).toBe('');
  });
});

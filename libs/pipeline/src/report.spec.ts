import type { LatencyRatio, ModelMetrics } from '#contracts';
import { comparisonTable, conclusions, renderMarkdown, renderText, verdict } from './report.js';

const baseline: ModelMetrics = {
  bytes: 1_000_000,
  compressedBytes: 900_000,
  parameters: 1000,
  nonZeros: 1000,
  top1: 0.9785,
  latencyMsP50: 2,
  latencyMsP95: 3,
};

describe('verdict', () => {
  it('says what sparsity, size and speed were gained', () => {
    const model = {
      ...baseline,
      bytes: 260_000,
      compressedBytes: 90_000,
      nonZeros: 500,
      latencyMsP50: 0.5,
      top1: 0.9765,
    };
    expect(verdict(baseline, model)).toBe(
      '50 % sparse, 74 % smaller (90 % smaller compressed), 75 % faster, top-1 0.20 points lower',
    );
  });

  it('says in words when zeros gained nothing', () => {
    const words = verdict(baseline, { ...baseline, nonZeros: 100 });
    expect(words).toContain('90 % sparse, 0 % smaller (0 % smaller compressed), 0 % faster');
    expect(words).toContain('The zeros save nothing');
    expect(verdict(baseline, { ...baseline, nonZeros: 100, compressedBytes: 200_000 })).toContain(
      'The zeros save only the compressed transfer',
    );
  });

  it('does not hide that a model became larger or slower', () => {
    const words = verdict(baseline, { ...baseline, bytes: 1_500_000, latencyMsP50: 3 });
    expect(words).toContain('50 % larger');
    expect(words).toContain('50 % slower');
    expect(words).toContain('It is slower than the baseline on this device');
  });

  it('calls a model faster or slower only where the runs side by side leave no doubt', () => {
    const measured = { ratio: 0.9, low: 0.8, high: 1.1, confidence: 0.95, equalWithin: 0.02, reason: null };
    const words = (latencyRatio: LatencyRatio) => verdict(baseline, { ...baseline, latencyMsP50: 3, latencyRatio });
    expect(words({ ...measured, verdict: 'inconclusive', reason: 'drift' })).toContain('speed inconclusive (drift)');
    expect(words({ ...measured, verdict: 'equal' })).toMatch(/speed equal within 2 %, top-1 unchanged$/);
    expect(words({ ...measured, verdict: 'faster' })).toContain('10 % faster');
  });

  it('counts removed channels as fewer parameters, not as zeros', () => {
    expect(verdict(baseline, { ...baseline, parameters: 400, nonZeros: 400 })).toMatch(
      /^60 % fewer parameters, 0 % sparse/,
    );
  });

  it('claims no speed that was not measured and rounds nothing to 0 or 100', () => {
    const words = verdict({ ...baseline, latencyMsP50: undefined }, { ...baseline, nonZeros: 4, bytes: 997_000 });
    expect(words).toContain('99.6 % sparse, 0.3 % smaller');
    expect(words).toContain('speed not measured');
  });
});

describe('tables', () => {
  const table = comparisonTable([
    { label: 'baseline', metrics: baseline },
    { label: 'prune', metrics: { ...baseline, latencyMsP50: undefined, bytes: 12_345 } },
  ]);

  it('have the columns that any model has a figure for', () => {
    expect(table.columns.map(({ title }) => title)).toEqual([
      'model',
      'top-1',
      'on disk',
      'compressed',
      'parameters',
      'non-zeros',
      'p50',
      'p95',
    ]);
    expect(table.rows[1]).toEqual(['prune', '97.85 %', '12.3 kB', '900 kB', '1,000', '1,000', '-', '3.000 ms']);
  });

  it('give latencies against the baseline their interval', () => {
    const latencyRatio = {
      ratio: 0.5,
      low: 0.49,
      high: 0.51,
      confidence: 0.95,
      equalWithin: 0.02,
      verdict: 'faster' as const,
      reason: null,
    };
    const { columns, rows } = comparisonTable([
      { label: 'baseline', metrics: baseline },
      { label: 'prune', metrics: { ...baseline, latencyRatio } },
    ]);
    expect(columns.at(-1)?.title).toBe('p50 / baseline');
    expect(rows.map((row) => row.at(-1))).toEqual(['-', '× 0.50 (0.49..0.51)']);
  });

  it('line up in a terminal', () => {
    const lines = renderText(table).split('\n');
    expect(lines).toHaveLength(4);
    expect(new Set(lines.map((line) => line.length)).size).toBe(1);
  });

  it('are Markdown that a cell cannot break', () => {
    expect(renderMarkdown({ columns: [{ title: 'a', align: 'left' }], rows: [['x|y\nz']] })).toBe(
      '| a |\n| --- |\n| x\\|y z |',
    );
  });

  it('name the machine of times that an earlier run has measured', () => {
    const summary = { machine: 'AMD EPYC, 2 cores' };
    expect(
      conclusions([
        { label: '1 prune', cached: true, summary },
        { label: '2 evaluate', cached: false, summary },
      ]),
    ).toEqual(['1 prune: result of an earlier run, whose times are those of AMD EPYC, 2 cores']);
  });
});

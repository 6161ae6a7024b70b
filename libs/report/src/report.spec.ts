import { Report } from '#contracts';
import { buildReport, MAX_PAGE_BYTES, mlperfTiny, modelCard, readReport, reportHtml } from './index.js';
import { decidedRecipe } from './decided-recipe.js';
import { linearScale } from './html/svg.js';
import { layerNode } from '#testing';
import { examplePair, exampleReport } from './report.fixture.js';

describe('a report', () => {
  it('is of its schema, and is read from JSON and from its page', () => {
    const report = Report.parse(exampleReport());
    expect(readReport(JSON.stringify(report))).toEqual(report);
    expect(readReport(reportHtml(report, examplePair()))).toEqual(report);
  });

  it('that is none is refused with what is wrong', () => {
    expect(() => readReport('{"format":"other"}')).toThrow(/no report that this version reads.*format/);
    expect(() => readReport('nothing')).toThrow(/no JSON/);
    expect(() => readReport('<html></html>')).toThrow(/holds no report/);
  });

  it('is built from the records of a job, with all that it takes to make the models again', () => {
    const { job: id, recipe, baseline, stages } = exampleReport();
    const [first] = stages;
    const record = { index: 0, state: 'succeeded', progress: 1, attempts: 1, artifacts: [], error: null };
    const job = {
      id,
      name: null,
      modelId: 'a'.repeat(64),
      datasetId: null,
      recipe: { ...recipe, passes: recipe.passes.slice(0, 1) },
      stages: [{ ...first, ...record, startedAt: null, finishedAt: null }],
      gates: [],
    };
    const report = buildReport(job as never, baseline, new Map([[0, baseline]]), {
      model: { digest: 'a'.repeat(64), name: 'net' },
      dataset: null,
      versions: { coldpress: '1' },
      machine: 'here',
      createdAt: new Date(0),
    });
    expect(Report.parse(report)).toMatchObject({
      title: 'quantize',
      stages: [{ passVersion: expect.any(Number), options: { scheme: 'static' } }],
      reproduction: { seed: 3, models: ['c'.repeat(64)], machine: 'here' },
    });
  });
});

describe('the recipe that makes the models again', () => {
  it('has what stages decided by measurement as options, so that no clock decides it anew', () => {
    const passes = [
      { pass: 'quantize', options: { weightBits: 4 as const, whereSlower: 'weightsOnly' } },
      { pass: 'evaluate', options: {} },
    ];
    const stages = [{ summary: { decided: { whereSlower: 'int8', weightsOnly: ['fc'] } } }, { summary: null }];
    const { passes: decided } = decidedRecipe({ recipe: { seed: 1, passes, gates: [] }, stages } as never);
    expect(decided).toEqual([
      { pass: 'quantize', options: { weightBits: 4, whereSlower: 'int8', weightsOnly: ['fc'] } },
      { pass: 'evaluate', options: {} },
    ]);
  });
});

describe('the model card', () => {
  it('tells figures with intervals, gates, what was left alone, and how to make the model again', () => {
    const card = modelCard(exampleReport());
    expect(card).toContain('| top-1 accuracy | 98.00 % (96.00 % .. 99.00 %) | 97.00 % (95.00 % .. 98.50 %) |');
    expect(card).toContain('-1.00 % (-2.00 % .. -0.10 %), p = 0.03 by mcnemar');
    expect(card).toContain('- **failed**: top-1 accuracy is');
    expect(card).toContain('# small \\<b\\>net\\</b\\> & co\n');
    expect(card).toContain('- 1 quantize: act: no weights \\<script\\>');
    expect(card).toContain(`- model: net\\|work, \`${'a'.repeat(64)}\``);
  });

  it('counts by reason where there is too much to list', () => {
    const [first, ...rest] = exampleReport().stages;
    const skipped = Array.from({ length: 300 }, (_, i) => ({ node: `n${i}`, reason: i < 200 ? 'small' : 'odd' }));
    const card = modelCard(exampleReport({ stages: [{ ...first!, skipped }, ...rest] }));
    expect(card).toContain('- 1 quantize: 200 of them: small\n- 1 quantize: 100 of them: odd');
  });
});

describe('the page', () => {
  const page = reportHtml(exampleReport(), examplePair());

  it('shows names as they are, and nothing of them becomes markup', () => {
    expect(page).toContain('<title>small &lt;b&gt;net&lt;/b&gt; &amp; co</title>');
    expect(page).not.toMatch(/<b>|weights <script>/);
  });

  it('loads nothing', () => {
    expect(page).toContain("default-src 'none'");
    expect(page).not.toMatch(/\b(src|href)=|@import|url\(http/);
  });

  it('has plots with axes and units, a table beside each, and the confusion matrix', () => {
    expect(page.match(/<svg [^>]*role="img" aria-label=/g)).toHaveLength(3);
    for (const unit of ['per cent', 'milliseconds of one run', 'megabytes', 'kilobytes'].slice(0, 2))
      expect(page).toContain(unit);
    expect(page).toContain('Confusion matrix of the last model');
    expect(page).toContain('30.5 dB');
  });

  it('stays below 2 MB whatever the model, and says what it had to leave out', () => {
    const many = (count: number, length = 20) =>
      Array.from({ length: count }, (_, i) => layerNode(`${'layer'.repeat(length / 5)}${i}`, i > 0 ? [i - 1] : []));
    const usual = reportHtml(exampleReport(), { before: many(5000), after: many(5000) });
    expect(Buffer.byteLength(usual)).toBeLessThan(MAX_PAGE_BYTES);
    expect(usual).toContain('id="graph"');
    const huge = reportHtml(exampleReport(), { before: many(20_000, 100), after: many(20_000, 100) });
    expect(Buffer.byteLength(huge)).toBeLessThan(MAX_PAGE_BYTES);
    expect(huge).toContain('The graph of the model is left out');
  });

  it('says where the graph could not be had', () => {
    expect(reportHtml(exampleReport(), null)).toContain('The graph of the model could not be had');
  });
});

describe('an axis', () => {
  it('has round ticks that hold every value', () => {
    expect(linearScale([0.951, 0.993], [0, 100]).ticks).toEqual([0.95, 0.96, 0.97, 0.98, 0.99, 1]);
    expect(linearScale([3, 3], [0, 100]).ticks.length).toBeGreaterThan(1);
  });
});

describe('results in the shape of MLPerf Tiny', () => {
  it('name the division open, and say that they are none of its results', () => {
    const tiny = mlperfTiny(exampleReport());
    expect(tiny.results.map(({ division }) => division)).toEqual(['open', 'open']);
    expect(tiny.results[1]).toMatchObject({
      latency_ms: { median: 1, p95: 1.5 },
      quality: [{ metric: 'accuracy', value: 0.97 }],
    });
    expect(tiny.note).toContain('not verified');
  });
});

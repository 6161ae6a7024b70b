import { formatBytes, formatMetric, METRICS, type MetricName, type ModelPair, type Report } from '#contracts';
import { drawModels, evidenceOf, type Timing } from '#model-graph';
import {
  comparisonTable,
  conclusions,
  deviceLines,
  deviceTable,
  gateOutcome,
  gateWords,
  throughputTable,
  type ReportTable,
} from '#pipeline';
import { qualityRows } from '../quality-rows.js';
import { modelRows } from '../rows.js';
import { detailSections } from './details.js';
import { graphSection } from './graph.js';
import { intervalPlot } from './interval-plot.js';
import { latencyPlot } from './latency-plot.js';
import { escapeHtml, htmlTable, item, scriptJson } from './markup.js';
import { sizePlot } from './size-plot.js';
import { STYLE } from './style.js';

/** What a page may be at most: it is mailed, and opened on phones. */
export const MAX_PAGE_BYTES = 2_000_000;

/**
 * The report as one page that loads nothing. What would make it too large is left out, the graph of the model last, and the page says so.
 * `models` is null where the nodes of the models could not be had, `timing` where no device profiled them.
 */
export function reportHtml(report: Report, models: ModelPair | null, timing: Timing | null = null): string {
  const graph = models ? graphSection(drawModels(models, evidenceOf(report.stages, timing))) : NO_GRAPH;
  const bare = withoutSamples(report);
  const attempts: [Report, string][] = [
    [report, graph],
    [bare, graph],
    [bare, TOO_LARGE],
  ];
  const pages = attempts.map(
    ([data, drawn]) =>
      () =>
        page(report, data, drawn),
  );
  const fitting = pages.find((write) => Buffer.byteLength(write()) <= MAX_PAGE_BYTES) ?? pages.at(-1);
  return fitting?.() ?? '';
}

const NO_GRAPH = '<p>The graph of the model could not be had: one of its files is no longer in the store.</p>';
const TOO_LARGE = '<p>The graph of the model is left out: with it this page would be larger than 2 MB.</p>';

/** Raw latencies are in report.json as well. */
function withoutSamples(report: Report): Report {
  const strip = <M extends object>(metrics: M): M => ({ ...metrics, latencySamplesMs: undefined });
  return {
    ...report,
    baseline: strip(report.baseline),
    final: strip(report.final),
    stages: report.stages.map((stage) => ({ ...stage, metrics: stage.metrics && strip(stage.metrics) })),
  };
}

function page(report: Report, embedded: Report, graph: string): string {
  const title = escapeHtml(report.title);
  return [
    '<!doctype html>',
    '<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">',
    `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'">`,
    `<title>${title}</title><style>${STYLE}</style></head><body>`,
    `<header><h1>${title}</h1><p class="quiet">Coldpress report of job ${report.job}, ${escapeHtml(report.createdAt)}</p></header>`,
    `<main>${tiles(report)}<p>${escapeHtml(report.verdict)}.</p>`,
    figures(report),
    quality(report),
    devices(report),
    gates(report),
    graph,
    stages(report),
    reproduction(report),
    `</main><script type="application/json" id="report">${scriptJson(embedded)}</script>`,
    '</body></html>',
  ].join('\n');
}

function tiles({ baseline, final }: Report): string {
  const named: (MetricName | null)[] = [
    'bytes',
    'compressedBytes',
    firstQuality(final),
    final.latencyMsP50 === undefined ? null : 'latencyMsP50',
  ];
  const known = named.filter((name) => name !== null);
  const shown = known.map((name) => tile(name, baseline[name], final[name]));
  return `<ul class="tiles">${shown.join('')}</ul>`;
}

function tile(name: MetricName, before: number | null | undefined, after: number | null | undefined): string {
  const words = (value: number | null | undefined) => (value === undefined ? '-' : formatMetric(name, value));
  return `<li><span class="quiet">${escapeHtml(METRICS[name].label)}</span><strong>${words(before)} → ${words(after)}</strong></li>`;
}

/** The figure that the task is first judged by. */
function firstQuality(final: Report['final']): MetricName | null {
  const names = Object.keys(METRICS) as MetricName[];
  return names.find((name) => METRICS[name].source === 'labels' && final[name] !== undefined) ?? null;
}

function figures(report: Report): string {
  const rows = modelRows(report);
  const { columns, rows: cells } = comparisonTable(rows);
  const plots = [
    ['Size, on disk and packed for transfer.', sizePlot(rows)],
    ['Latency: share of runs that took at most so long; the slowest hundredth is not shown.', latencyPlot(rows)],
  ];
  return [
    '<h2>Figures</h2>',
    htmlTable('Every model of the job', columns.map(({ title }) => title), cells), // prettier-ignore
    ...plots.map(([caption = '', plot = '']) => figure(caption, plot)),
  ].join('\n');
}

const figure = (caption: string, plot: string): string =>
  plot === '' ? '' : `<figure>${plot}<figcaption>${caption}</figcaption></figure>`;

function quality(report: Report): string {
  const rows = qualityRows(report.baseline, report.final);
  if (rows.length === 0) return '';
  const { confidence } = Object.values(report.final.intervals ?? {})[0] ?? { confidence: 0.95 };
  const level = `${Number((100 * confidence).toPrecision(3))} %`;
  const cells = rows.map(({ label, before, after, change }) => [label, before, after, change]);
  return [
    '<h2>Quality</h2>',
    htmlTable(
      `With ${level} intervals; the change is of the same samples`,
      ['figure', 'before', 'after', 'change'],
      cells,
    ),
    figure(`Shares with their ${level} intervals.`, intervalPlot(modelRows(report))),
    ...detailSections(report),
  ].join('\n');
}

function devices({ devices: measured = [] }: Report): string {
  if (measured.length === 0) return '';
  const times = deviceTableHtml('Models as each device measured them', deviceTable(measured));
  const rates = deviceTableHtml('Samples a second at several batch sizes and threads', throughputTable(measured));
  return `<h2>Devices</h2>${times}${rates}<ul>${deviceLines(measured).map(item).join('')}</ul>`;
}

function deviceTableHtml(caption: string, { columns, rows }: ReportTable): string {
  const titles = columns.map(({ title }) => title);
  return rows.length > 0 ? htmlTable(caption, titles, rows) : '';
}

function gates({ gates: verdicts }: Report): string {
  if (verdicts.length === 0) return '';
  const lines = verdicts.map((verdict) => {
    const outcome = gateOutcome(verdict);
    return `<li><strong class="${outcome}">${outcome}</strong> ${escapeHtml(gateWords(verdict))}</li>`;
  });
  return `<h2>Gates</h2><ul>${lines.join('')}</ul>`;
}

function stages({ stages: all }: Report): string {
  const told = all.map((stage, index) => {
    const label = `${index + 1} ${stage.pass}`;
    const said = conclusions([{ label, cached: stage.cached, summary: stage.summary }]).map(item);
    const skipped = stage.skipped.map(({ node, reason }) => item(`${node}: ${reason}`));
    return [
      `<h3>${escapeHtml(label)}</h3>`,
      said.length > 0 ? `<ul>${said.join('')}</ul>` : '',
      `<details><summary>Options</summary><pre tabindex="0">${escapeHtml(JSON.stringify(stage.options, null, 2))}</pre></details>`,
      skipped.length > 0
        ? `<details><summary>Left alone: ${skipped.length}</summary><ul>${skipped.join('')}</ul></details>`
        : '',
    ].join('\n');
  });
  return `<h2>Stages</h2>${told.join('\n')}`;
}

function reproduction({
  reproduction: { model, dataset, seed, models, versions, machine },
  recipe,
  baseline,
}: Report): string {
  const lines = [
    `model ${model.name}, ${formatBytes(baseline.bytes)}: ${model.digest}`,
    dataset ? `data set ${dataset.name}: ${dataset.digest}` : 'no data set',
    `seed ${seed}`,
    ...recipe.passes.map(({ pass }, index) => `result of ${index + 1} ${pass}: ${models[index] ?? 'no model'}`),
    ...Object.entries(versions).map(([name, version]) => `${name} ${version}`),
    `machine: ${machine}`,
  ];
  return [
    '<h2>Reproduction</h2>',
    `<ul>${lines.map(item).join('')}</ul>`,
    '<p><code>coldpress replay</code> with this page or report.json runs the recipe afresh and compares the digests.</p>',
    `<details><summary>Recipe</summary><pre tabindex="0">${escapeHtml(JSON.stringify(recipe, null, 2))}</pre></details>`,
  ].join('\n');
}

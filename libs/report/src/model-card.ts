import type { Report, Skipped } from '#contracts';
import {
  comparisonTable,
  conclusions,
  deviceSection,
  escapeMarkdown,
  gateOutcome,
  gateWords,
  renderMarkdown,
} from '#pipeline';
import { qualityRows } from './quality-rows.js';
import { modelRows } from './rows.js';

/** Nodes that are listed one by one; more of them are counted by reason. */
const LISTED = 20;

/**
 * The report as a model card in GitHub's Markdown (after Mitchell et al., Model Cards for Model Reporting, 2019, as far
 * as a job knows): figures, how sure they are, what was done and left alone, how to come to the same model.
 */
export function modelCard(report: Report): string {
  const sections = [
    `# ${escapeMarkdown(report.title)}`,
    renderMarkdown(comparisonTable(modelRows(report))),
    `${report.verdict}.`,
    ...section('## Quality', quality(report)),
    ...section('## Stages', stages(report)),
    ...section('## Gates', gates(report)),
    ...section('## Left alone', leftAlone(report)),
    ...section('## Reproduction', reproduction(report)),
  ];
  return `${sections.join('\n\n')}\n${deviceSection(report.devices ?? [])}`;
}

function section(heading: string, lines: readonly string[]): string[] {
  return lines.length > 0 ? [heading, lines.join('\n')] : [];
}

function quality({ baseline, final }: Report): string[] {
  const rows = qualityRows(baseline, final);
  if (rows.length === 0) return [];
  const { confidence } = Object.values(final.intervals ?? {})[0] ?? { confidence: 0.95 };
  const columns = ['figure', 'before', 'after', 'change'].map((title) => ({ title, align: 'left' as const }));
  const table = { columns, rows: rows.map(({ label, before, after, change }) => [label, before, after, change]) };
  return [`In brackets the ${Number((100 * confidence).toPrecision(3))} % intervals.`, '', renderMarkdown(table)];
}

function stages({ stages: all }: Report): string[] {
  const told = all.map(({ pass, cached, summary }, index) => ({ label: `${index + 1} ${pass}`, cached, summary }));
  return conclusions(told).map((line) => `- ${escapeMarkdown(line)}`);
}

function gates({ gates: verdicts }: Report): string[] {
  return verdicts.map((verdict) => {
    const outcome = gateOutcome(verdict);
    return `- ${outcome === 'passed' ? outcome : `**${outcome}**`}: ${escapeMarkdown(gateWords(verdict))}`;
  });
}

function leftAlone({ stages: all }: Report): string[] {
  return all.flatMap(({ pass, skipped }, index) =>
    skippedWords(skipped).map((words) => `- ${index + 1} ${pass}: ${escapeMarkdown(words)}`),
  );
}

function skippedWords(skipped: readonly Skipped[]): string[] {
  if (skipped.length <= LISTED) return skipped.map(({ node, reason }) => `${node}: ${reason}`);
  const counts = new Map<string, number>();
  for (const { reason } of skipped) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  return [...counts].map(([reason, count]) => `${count} of them: ${reason}`);
}

function reproduction({ reproduction: { model, dataset, seed, models, versions, machine }, recipe }: Report): string[] {
  const known = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  const steps = recipe.passes.map(({ pass }, index) => `- ${index + 1} ${pass}: \`${models[index] ?? 'no model'}\``);
  return [
    `- model: ${escapeMarkdown(model.name)}, \`${model.digest}\``,
    dataset ? `- data set: ${escapeMarkdown(dataset.name)}, \`${dataset.digest}\`` : '- no data set',
    `- seed: ${seed}`,
    ...steps,
    `- versions: ${known.join(', ')}`,
    `- machine: ${escapeMarkdown(machine)}`,
    '',
    '`coldpress replay` with the JSON report runs the recipe afresh and compares the digests.',
  ];
}

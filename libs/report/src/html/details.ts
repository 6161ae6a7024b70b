import type { Report } from '#contracts';
import { htmlTable } from './markup.js';

/** Columns of a matrix that a page shows. */
const MAX_COLUMNS = 32;

/** What stands beside the figures of quality: which classes were taken for which, and the noise of each channel. */
export function detailSections({ stages }: Report): string[] {
  const last = stages.findLast(({ pass }) => pass === 'evaluate')?.summary ?? {};
  const models = Array.isArray(last['details']) ? (last['details'] as unknown[]) : [];
  const matrix = matrixOf(models.at(-1));
  const unanswered = (models.at(-1) as Confused | undefined)?.confusions?.unanswered ?? 0;
  const ofModels = Array.isArray(last['outputs']) ? (last['outputs'] as unknown[]) : [];
  const outputs = ofModels.at(-1);
  const channelTables = Array.isArray(outputs) ? outputs.flatMap(channelTable) : [];
  return [...(matrix ? [confusionTable(matrix, unanswered)] : []), ...channelTables];
}

type Confused = { confusions?: { matrix?: unknown; unanswered?: number } };

function matrixOf(details: unknown): number[][] | null {
  const matrix = (details as Confused | undefined)?.confusions?.matrix;
  return Array.isArray(matrix) && matrix.length <= MAX_COLUMNS ? (matrix as number[][]) : null;
}

function confusionTable(matrix: readonly (readonly number[])[], unanswered: number): string {
  const columns = ['label \\ answer', ...matrix.map((_, c) => String(c))];
  const rows = matrix.map((row, label) => [String(label), ...row.map(String)]);
  const left = unanswered > 0 ? `; ${unanswered} have none, since scores of theirs are not numbers` : '';
  return `<details><summary>Confusion matrix of the last model</summary>${htmlTable(`Samples by label and answer${left}`, columns, rows)}</details>`;
}

function channelTable(quality: unknown): string[] {
  const { output, lastAxisSnrDb } = quality as { output?: string; lastAxisSnrDb?: (number | string)[] };
  if (!Array.isArray(lastAxisSnrDb)) return [];
  const wordsOf = (snr: unknown) => (typeof snr === 'number' ? `${snr.toFixed(1)} dB` : String(snr));
  const rows = lastAxisSnrDb.map((snr, channel) => [String(channel), wordsOf(snr)]);
  const caption = `Signal to noise of output ${output ?? ''} by channel of its last axis`;
  return [
    `<details><summary>Channels of output ${escape(output)}</summary>${htmlTable(caption, ['channel', 'signal to noise'], rows)}</details>`,
  ];
}

const escape = (text: string | undefined) => (text ?? '').replaceAll('&', '&amp;').replaceAll('<', '&lt;');

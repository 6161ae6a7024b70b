import { formatMetric, METRIC_NAMES, METRICS, type Job, type MetricName } from '#contracts';
import { saidOptions, type VaryingOption } from '../varying-options.js';
import { comparison, finalMetrics } from '../verdict.js';

/** How many jobs stand side by side at most. */
export const MOST_PICKED = 8;
const UUID = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/i;

/** The ids in the address, each once. */
export const pickedIn = (query: URLSearchParams): string[] =>
  [...new Set((query.get('pick') ?? '').split(',').filter((id) => UUID.test(id)))].slice(0, MOST_PICKED);

/** The id of a job as people have it: itself, or an address of its page. */
export const jobIdIn = (text: string): string | undefined => UUID.exec(text)?.[0].toLowerCase();

export interface DiffCell {
  text: string;
  /** How it stands to the baseline. */
  note: string;
}

export interface DiffRow {
  title: string;
  cells: DiffCell[];
}

/**
 * In what jobs differ: what went in, every option that is not the same, and every figure, beside how it stands to the
 * job that is pinned as the baseline. Rows that are the same in all are counted, not shown.
 */
export function differencesOf(jobs: readonly Job[], pinned: Job | undefined): { rows: DiffRow[]; same: number } {
  const plain = (title: string, of: (job: Job) => string): DiffRow => ({
    title,
    cells: jobs.map((job) => ({ text: of(job) || '–', note: '' })),
  });
  const rows = [
    plain('model', ({ modelId }) => modelId.slice(0, SHOWN_DIGITS)),
    plain('data set', ({ datasetId }) => datasetId?.slice(0, SHOWN_DIGITS) ?? 'none'),
    plain('seed', ({ recipe }) => String(recipe.seed)),
    plain('gates', ({ gatesPassed }) => (gatesPassed === null ? 'none judged' : gatesPassed ? 'hold' : 'missed')),
    ...optionsOf(jobs).map(({ title, of }) => plain(title, of)),
    ...METRIC_NAMES.flatMap((name) => figureRow(name, jobs, pinned)),
  ];
  const differing =
    jobs.length === 1 ? rows : rows.filter(({ cells }) => new Set(cells.map(({ text }) => text)).size > 1);
  return { rows: differing, same: rows.length - differing.length };
}

const SHOWN_DIGITS = 10;

/**
 * Options of jobs that stand beside others. Of a pass that only some have, the row of passes tells; its options are rows
 * where these jobs differ in them, or where a recipe says them.
 */
function optionsOf(jobs: readonly Job[]): VaryingOption[] {
  if (jobs.length === 1) return [];
  const written = new Set(saidOptions(jobs.map(({ id, recipe }) => ({ id, stages: recipe.passes }))).map(titleOf));
  return saidOptions(jobs).filter(({ title, of }) => {
    const said = jobs.map(of).filter((text) => text !== '');
    return said.length === jobs.length || new Set(said).size > 1 || written.has(title);
  });
}

const titleOf = ({ title }: VaryingOption): string => title;

function figureRow(name: MetricName, jobs: readonly Job[], pinned: Job | undefined): DiffRow[] {
  const figures = jobs.map((job) => finalMetrics(job)?.[name]);
  if (figures.every((value) => value === undefined)) return [];
  const base = pinned && finalMetrics(pinned)?.[name];
  const cells = figures.map((value, index) => ({
    text: value === undefined ? 'not measured' : formatMetric(name, value),
    note:
      typeof value === 'number' && typeof base === 'number' && jobs[index] !== pinned
        ? comparison(name, value, base)
        : '',
  }));
  return [{ title: METRICS[name].label, cells }];
}

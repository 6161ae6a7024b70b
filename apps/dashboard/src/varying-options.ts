import type { JobItem } from '#contracts';

/** An option that jobs differ in: one column. */
export interface VaryingOption {
  title: string;
  /** What the recipe says; empty where it says nothing. */
  of(job: JobItem): string;
}

/** Columns for what the recipes of these jobs differ in: their passes, where those do, and each option. */
export function varyingOptions(jobs: readonly JobItem[]): VaryingOption[] {
  const said = new Map(jobs.map((job) => [job.id, sayingsOf(job)]));
  const titles = new Set([...said.values()].flatMap((sayings) => [...sayings.keys()]));
  const column = (title: string): VaryingOption => ({
    title,
    of: (job) => (said.get(job.id) ?? sayingsOf(job)).get(title) ?? '',
  });
  return [...titles].map(column).filter(({ of }) => new Set(jobs.map(of)).size > 1);
}

const PASSES = 'passes';

function sayingsOf({ stages }: JobItem): Map<string, string> {
  const sayings = new Map([[PASSES, stages.map(({ pass }) => pass).join(' → ')]]);
  const seen = new Map<string, number>();
  for (const { pass, options } of stages) {
    const nth = (seen.get(pass) ?? 0) + 1;
    seen.set(pass, nth);
    const name = nth === 1 ? pass : `${pass} ${nth}`;
    if (options === null) sayings.set(`${name} options`, 'too long for a list');
    for (const [option, value] of Object.entries(options ?? {}))
      sayings.set(`${name} ${option}`, typeof value === 'object' ? JSON.stringify(value) : String(value));
  }
  return sayings;
}

const LABEL_LENGTH = 30;

/** What tells a job from the others, short enough to stand beside a point. */
export function shortLabel(job: JobItem, columns: readonly VaryingOption[]): string {
  const told = columns
    .filter(({ title, of }) => title !== PASSES && of(job) !== '')
    .map(({ title, of }) => `${title.split(' ').at(-1)} ${of(job)}`);
  const text = told.length > 0 ? told.join(', ') : (job.name ?? job.title);
  return text.length > LABEL_LENGTH ? `${text.slice(0, LABEL_LENGTH - 1)}…` : text;
}

import type { JobItem } from '#contracts';

/** What of a job, or of its line in a list, tells its options. */
export interface OptionedJob {
  id: string;
  stages: readonly { pass: string; options: Readonly<Record<string, unknown>> | null }[];
}

/** An option that jobs differ in: one column. */
export interface VaryingOption {
  title: string;
  /** What the recipe says; empty where it says nothing. */
  of(job: OptionedJob): string;
}

/** Columns for what the recipes of these jobs differ in: their passes, where those do, and each option. */
export const varyingOptions = (jobs: readonly OptionedJob[]): VaryingOption[] =>
  saidOptions(jobs).filter(({ of }) => new Set(jobs.map(of)).size > 1);

/** What the recipes of these jobs say: their passes, and each option; of one that holds others, each of those. */
export function saidOptions(jobs: readonly OptionedJob[]): VaryingOption[] {
  const said = new Map(jobs.map((job) => [job.id, sayingsOf(job)]));
  const titles = new Set([...said.values()].flatMap((sayings) => [...sayings.keys()]));
  const column = (title: string): VaryingOption => ({
    title,
    of: (job) => (said.get(job.id) ?? sayingsOf(job)).get(title) ?? '',
  });
  return [...titles].map(column);
}

const PASSES = 'passes';

function sayingsOf({ stages }: OptionedJob): Map<string, string> {
  const sayings = new Map([[PASSES, stages.map(({ pass }) => pass).join(' → ')]]);
  const seen = new Map<string, number>();
  for (const { pass, options } of stages) {
    const nth = (seen.get(pass) ?? 0) + 1;
    seen.set(pass, nth);
    const name = nth === 1 ? pass : `${pass} ${nth}`;
    if (options === null) sayings.set(`${name} options`, 'too long for a list');
    for (const [option, value] of Object.entries(options ?? {}))
      for (const [title, text] of leavesOf(`${name} ${option}`, value)) sayings.set(title, text);
  }
  return sayings;
}

/** What a value holds, each by its place: `layerBits.fc1`, `devices[2].tag`. A list of plain values is one. */
function leavesOf(title: string, value: unknown): [title: string, text: string][] {
  if (typeof value !== 'object' || value === null) return [[title, String(value)]];
  if (Array.isArray(value) && value.every((each) => typeof each !== 'object'))
    return [[title, value.join(', ') || 'none']];
  const held = Array.isArray(value)
    ? value.map((each: unknown, index) => [`${title}[${index + 1}]`, each] as const)
    : Object.entries(value).map(([key, each]: [string, unknown]) => [`${title}.${key}`, each] as const);
  return held.length === 0 ? [[title, 'none']] : held.flatMap(([place, each]) => leavesOf(place, each));
}

const LABEL_LENGTH = 30;

/** Their options say how a model was measured, not what it is. */
const MEASURING = /^(evaluate|analyze|export)\b/;

/**
 * What tells each job from the others, short enough to stand beside a point: a name that it has for itself, or what its
 * recipe says otherwise than others.
 */
export function shortLabels(jobs: readonly JobItem[], columns: readonly VaryingOption[]): (job: JobItem) => string {
  const telling = columns.filter(({ title }) => title !== PASSES && !MEASURING.test(title));
  const modelsNamed = (name: string | null) =>
    new Set(jobs.filter((job) => job.name === name).map(({ id, finalDigest }) => finalDigest ?? id));
  const isOwnName = ({ name }: JobItem) => name !== null && modelsNamed(name).size <= 1;
  return (job) => {
    const toTell = telling.filter(({ of }) => of(job) !== '');
    const said = toTell.map(({ title, of }) => `${title.split(' ').at(-1)} ${of(job)}`);
    return cut(isOwnName(job) || said.length === 0 ? (job.name ?? job.title) : said.join(', '));
  };
}

function cut(text: string): string {
  return text.length > LABEL_LENGTH ? `${text.slice(0, LABEL_LENGTH - 1)}…` : text;
}

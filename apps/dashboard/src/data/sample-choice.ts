import type { PreviewQuery } from '#contracts';

/** The names under which it stands in the address. */
type Said = 'as' | 'split' | 'n' | 'from';

/** Which samples of a data set are shown, and to which model they go. */
export interface SampleChoice {
  /** Empty while none is chosen. */
  model: string;
  split: NonNullable<PreviewQuery['split']>;
  count: number;
  /** Samples before them. */
  from: number;
}

const SPLITS = ['test', 'train', 'calibration'] as const;
const FIRST_COUNT = 3;
const MOST_COUNT = 24;

/** What the address says of them; of a split that is not there the first that is. */
export function sampleChoice(query: URLSearchParams, splits: Readonly<Record<string, number>>): SampleChoice {
  const there = SPLITS.filter((split) => splits[split] !== undefined);
  const number = (name: string, least: number, most: number, fallback: number) => {
    const value = Number(query.get(name) ?? Number.NaN);
    return Number.isInteger(value) && value >= least && value <= most ? value : fallback;
  };
  return {
    model: query.get('as') ?? '',
    split: there.find((split) => split === query.get('split')) ?? there[0] ?? 'test',
    count: number('n', 1, MOST_COUNT, FIRST_COUNT),
    from: number('from', 0, 1e9, 0),
  };
}

/** The same as the address has it; what goes without saying is left out. */
export const withSampleChoice = ({ model, split, count, from }: SampleChoice): Record<Said, string> => ({
  as: model,
  split,
  n: count === FIRST_COUNT ? '' : String(count),
  from: from === 0 ? '' : String(from),
});

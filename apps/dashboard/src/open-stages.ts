import type { JobStage } from '#contracts';

/** Stands in the address where every stage was closed. */
const NONE = 'none';

/**
 * The places of stages that are open: those that the address names, counted from 1; as long as it names none, those
 * under way and those that failed.
 */
export function openStages(
  said: string | null,
  stages: readonly Pick<JobStage, 'index' | 'state'>[],
): ReadonlySet<number> {
  if (said !== null) return new Set(said.split('.').flatMap((place) => (Number(place) > 0 ? [Number(place) - 1] : [])));
  return new Set(stages.flatMap(({ index, state }) => (state === 'running' || state === 'failed' ? [index] : [])));
}

/** What the address says once one more is open, or no longer. */
export function withToggled(opened: ReadonlySet<number>, index: number): string {
  const others = [...opened].filter((each) => each !== index);
  const next = opened.has(index) ? others : [...others, index];
  return next.length === 0
    ? NONE
    : next
        .sort((a, b) => a - b)
        .map((each) => each + 1)
        .join('.');
}

import type { SweepDocument } from '#contracts';
import { canonicalJson } from '../canonical-json.js';
import { SweepError } from '../errors.js';

/** What stays when a sweep is extended, so that all of its trials compare. */
const KEPT = ['objectives', 'constraints', 'seed', 'warmStart'] as const;

/** Throws SweepError where a changed document asks for something else than before. */
export function assertSameGoals(before: SweepDocument, after: SweepDocument): void {
  const message =
    'an extension keeps it, so that trials compare: launch another sweep, which finds the stages of this one';
  const changed = KEPT.filter((field) => canonicalJson(before[field]) !== canonicalJson(after[field]));
  const problems = changed.map((field) => ({ field: `sweep.${field}`, message }));
  if (problems.length > 0) throw new SweepError(problems);
}

import type { SweepDocument } from '#contracts';
import { canonicalJson } from '../canonical-json.js';
import { SweepError } from '../errors.js';

/** What stays when a sweep is extended, so that all of its trials compare. */
const KEPT = ['objectives', 'constraints', 'seed'] as const;

/** Throws SweepError where a changed document asks for something else than before. */
export function assertSameGoals(before: SweepDocument, after: SweepDocument): void {
  const problems = KEPT.filter((field) => canonicalJson(before[field]) !== canonicalJson(after[field])).map(
    (field) => ({
      field: `sweep.${field}`,
      message:
        'an extension keeps it, so that trials compare: launch another sweep, which finds the stages of this one',
    }),
  );
  if (problems.length > 0) throw new SweepError(problems);
}

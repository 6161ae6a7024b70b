import { isFinal, type JobState, type QueueEntry } from '#contracts';
import type { SweepSession } from '#database';
import { planStages, VERIFIED_AT_MOST, verifyingRecipe } from '#pipeline';

/**
 * What is to be done before a sweep may end whose document asks for a last word on samples that the search did not see.
 */
export type LastWord = { isSpoken: true; words: string | null } | { isSpoken: false; entries: QueueEntry[] };

const NONE: LastWord = { isSpoken: true, words: null };

/** Measures the best trial once more, and where it does not hold there the next best, three at most. */
export async function lastWord(session: SweepSession): Promise<LastWord> {
  const { verify } = session.sweep.document;
  if (!verify) return NONE;
  const last = session.sweep.verification.at(-1);
  if (last && last.passed === null) {
    const verdict = await session.verdictOf(last.jobId);
    if (verdict && !isFinal(verdict.state as JobState)) return { isSpoken: false, entries: [] };
    if (verdict?.state !== 'succeeded')
      return { isSpoken: true, words: `trial ${last.number} could not be measured on held-out samples` };
    const passed = verdict.gatesPassed ?? true;
    const decided = { ...last, passed, gates: verdict.gates };
    await session.setVerification([...session.sweep.verification.slice(0, -1), decided]);
    if (passed) return { isSpoken: true, words: heldWords(session, last.number) };
  }
  return next(session, verify);
}

/** Better trials that did not hold are named too: else the front of the search would seem to be passed over. */
function heldWords({ sweep }: SweepSession, number: number): string {
  const failed = sweep.verification.filter(({ passed }) => passed === false).map((trial) => trial.number);
  const words = `trial ${number} holds on samples that the search did not see`;
  return failed.length === 0 ? words : `${words}, better ones (${failed.join(', ')}) do not`;
}

async function next(session: SweepSession, verify: Readonly<Record<string, unknown>>): Promise<LastWord> {
  const { verification, modelId, datasetId } = session.sweep;
  const tried = verification.map(({ number }) => number);
  const candidate = (await session.feasible(VERIFIED_AT_MOST)).find(({ number }) => !tried.includes(number));
  if (!candidate?.recipe)
    return {
      isSpoken: true,
      words:
        tried.length === 0
          ? 'no trial holds the constraints'
          : `trials ${tried.join(', ')} do not hold on samples that the search did not see`,
    };
  const recipe = verifyingRecipe(candidate.recipe, verify);
  const stages = planStages(recipe).map(({ pass, options }) => ({ pass, options }));
  const preflight = { problems: [], skipped: [] };
  const name = `trial ${candidate.number} on held-out samples`;
  const entry = await session.verify(candidate.number, { name, modelId, datasetId, recipe, preflight, stages });
  return { isSpoken: false, entries: [entry] };
}

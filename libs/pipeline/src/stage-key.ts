import { createHash } from 'node:crypto';
import { optionsOfAnyLength, PASSES, type PassDescriptor } from '#contracts';
import { canonicalJson } from './canonical-json.js';
import type { PlannedStage } from './plan.js';

/** Everything that decides the result of a stage. */
export interface StageInputs {
  stage: Pick<PlannedStage, 'pass' | 'version' | 'options' | 'reads'>;
  /** Digest of the stage's input model. */
  input: string;
  /** Digest of the job's input model. */
  baseline: string;
  /** Digests of the job's models so far, baseline first, the stage's input last. */
  history: readonly string[];
  dataset: string | null;
  seed: number;
  /** Version of the engine, and whatever of the machine changes results. */
  runtime: string;
}

/** Raised when the meaning of a key changes, so that results from before are not found. */
const SCHEME = 1;

/**
 * SHA-256 over the canonical form of what the stage reads; what its pass does not read does not enter. Models that the
 * options name enter with them.
 */
export function stageKey({ stage, input, baseline, history, dataset, seed, runtime }: StageInputs): string {
  const { pass, version, options, reads } = stage;
  const decided = {
    scheme: SCHEME,
    pass,
    version,
    options: decisive(pass, options),
    input,
    seed,
    runtime,
    baseline: reads.teacher || reads.history ? baseline : undefined,
    history: reads.history ? history : undefined,
    dataset: reads.data ? dataset : undefined,
  };
  return createHash('sha256').update(canonicalJson(decided)).digest('hex');
}

/**
 * The same for a training whatever its length; null where a longer one does not go through the states of a shorter one.
 */
export function trainingKey(inputs: StageInputs): string | null {
  const { stage } = inputs;
  const options = optionsOfAnyLength(stage.pass, stage.options);
  return options && stageKey({ ...inputs, stage: { ...stage, options } });
}

/** The options without those that are no part of the stage's own result. */
function decisive(pass: PlannedStage['pass'], options: PlannedStage['options']): PlannedStage['options'] {
  const { besides }: PassDescriptor = PASSES[pass];
  return Object.fromEntries(Object.entries(options).filter(([name]) => !besides.includes(name)));
}

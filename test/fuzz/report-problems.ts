import type { PassName, StageResult } from '#contracts';
import { countParameters, readModel } from '#onnx';

/** A stage's model, and how its outputs differ from the one before on the calibration split. */
export interface MeasuredFuzz {
  bytes: Uint8Array;
  snrDb: ReadonlyMap<string, number>;
}

/** By how much a reported figure may be off: the report rounds nothing, but may look at fewer samples. */
const SLACK_DB = 6;

/** Below this an output is lost, and the person must be told. */
const POOR_DB = 10;

/** From here on it does not matter by how much a figure is off. */
const TRUSTED_DB = 20;

/** Where a report says something else than what is. */
export function reportProblems(pass: PassName, result: StageResult, measured: MeasuredFuzz | null): string[] {
  if (!measured) return [];
  if (pass === 'quantize') return quantizeProblems(result, measured);
  return pass === 'prune' ? pruneProblems(result, measured) : [];
}

function quantizeProblems({ summary }: StageResult, { snrDb }: MeasuredFuzz): string[] {
  const { outputs, outputSnrDb, warnings } = summary as {
    outputs?: { output: string; snrDb?: number | null }[] | null;
    outputSnrDb?: number | null;
    warnings: string[];
  };
  const worst = Math.min(Infinity, ...snrDb.values());
  const problems: string[] = [];
  if (worst < POOR_DB && !warnings.some((warning) => /POOR/.test(warning)))
    problems.push(`an output keeps ${worst.toFixed(1)} dB and no warning says so (reported: ${outputSnrDb})`);
  if (outputSnrDb === null && worst < 60)
    problems.push(`reported as identical, an output keeps ${worst.toFixed(1)} dB`);
  for (const { output, snrDb: reported } of outputs ?? []) {
    const kept = snrDb.get(output) ?? Infinity;
    if (typeof reported === 'number' && kept < Math.min(reported - SLACK_DB, TRUSTED_DB))
      problems.push(`reported ${reported.toFixed(1)} dB of output "${output}", it keeps ${kept.toFixed(1)}`);
  }
  if (typeof outputSnrDb === 'number' && worst < Math.min(outputSnrDb - SLACK_DB, TRUSTED_DB))
    problems.push(`reported ${outputSnrDb.toFixed(1)} dB, an output keeps ${worst.toFixed(1)}`);
  return problems;
}

function pruneProblems({ summary }: StageResult, { bytes }: MeasuredFuzz): string[] {
  const { after } = summary as { after?: { parameters: number } };
  if (!after) return [];
  const stored = countParameters(readModel(bytes)).parameters;
  return stored === after.parameters ? [] : [`reported ${after.parameters} parameters, the file holds ${stored}`];
}

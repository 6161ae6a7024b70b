import type { ReportedBenchmark } from '#contracts';
import type { DeviceEvidence } from './device-gates.js';

interface MeasuredJob {
  modelId: string;
  stages: readonly { modelDigest: string | null }[];
}

/** A benchmark as the records hold it. */
interface BenchmarkRecord extends Pick<ReportedBenchmark, 'asked' | 'state' | 'error' | 'result'> {
  stageIndex: number;
  deviceName: string | null;
  wantedName: string | null;
  wantedTag: string | null;
  askedTags: readonly string[];
}

/** What devices were asked and said of a job, as its gates judge it. */
export function deviceEvidence({ modelId, stages }: MeasuredJob, rows: readonly BenchmarkRecord[]): DeviceEvidence {
  return {
    modelDigest: stages.at(-1)?.modelDigest ?? modelId,
    benchmarks: rows.map(
      ({ stageIndex, asked, deviceName, state, error, result, wantedName, wantedTag, askedTags }) => ({
        ...{ stage: stageIndex, asked, device: deviceName, state, error, result, wantedName },
        // Rows of before name one tag at most.
        askedTags: askedTags.length > 0 || wantedTag === null ? askedTags : [wantedTag],
      }),
    ),
  };
}

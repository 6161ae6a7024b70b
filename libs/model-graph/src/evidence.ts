import type { BenchmarkFile, JobStage, NodeTiming } from '#contracts';

/** What a job found of layers, by the name of the node. */
export interface LayerFindings {
  /** Signal to noise of the output, dB, by the last stage that looked. */
  noise: ReadonlyMap<string, number>;
  /** Why passes left it alone. */
  reasons: ReadonlyMap<string, string>;
  timing: Timing | null;
}

/** Where the time of one run went on a device; null for a model that was not profiled. */
export interface Timing {
  device: string;
  before: readonly NodeTiming[] | null;
  after: readonly NodeTiming[] | null;
}

export const NO_EVIDENCE: LayerFindings = { noise: new Map(), reasons: new Map(), timing: null };

type Stages = readonly Pick<JobStage, 'pass' | 'summary' | 'skipped'>[];

export function evidenceOf(stages: Stages, timing: Timing | null = null): LayerFindings {
  return { noise: noiseByNode(stages), reasons: reasonsByNode(stages), timing };
}

/** The profiles of two models among those that a device measured together. */
export function timingOf(
  device: string,
  { models }: BenchmarkFile,
  digests: { before: string; after: string },
): Timing | null {
  const nodes = (digest: string) => models.find((model) => model.digest === digest)?.nodes ?? null;
  const timing = { device, before: nodes(digests.before), after: nodes(digests.after) };
  return timing.before || timing.after ? timing : null;
}

function noiseByNode(stages: Stages): Map<string, number> {
  const rows = stages.flatMap(({ summary }) => {
    const layers: unknown = summary['layers'];
    return Array.isArray(layers) ? (layers as unknown[]) : [];
  });
  return new Map(rows.flatMap(noiseOf));
}

function noiseOf(row: unknown): [string, number][] {
  const { node, outputSnrDb } = (row ?? {}) as { node?: unknown; outputSnrDb?: unknown };
  return typeof node === 'string' && typeof outputSnrDb === 'number' ? [[node, outputSnrDb]] : [];
}

/** All reasons, since one pass may have done what another did not. */
function reasonsByNode(stages: Stages): Map<string, string> {
  const reasons = new Map<string, string>();
  stages.forEach(({ pass, skipped }, index) => {
    for (const { node, reason } of skipped) {
      const own = `${index + 1} ${pass}: ${reason}`;
      const known = reasons.get(node);
      reasons.set(node, known === undefined ? own : `${known}; ${own}`);
    }
  });
  return reasons;
}

import type { BenchmarkSamples, Lease, ModelSamples, NodeTiming } from '#contracts';
import { MOST_NODES } from '../child/limits.js';
import type { Probe } from '../child/messages.js';
import { readCondition } from '../machine/condition.js';
import { runChild } from './run-child.js';

/** Share of the progress that looking at each model alone takes; timing takes the rest. */
const PROBE_SHARE = 0.2;
/** Load above which other work is said to have been on the machine, in processes for each processor. */
const BUSY_LOAD = 0.5;

export interface LeaseHooks {
  signal: AbortSignal;
  onProgress(fraction: number, message: string): void;
}

/**
 * Measures the models of a lease, whose files are here: each alone in a process of its own, then all of them together in another. Throws
 * MeasuringError, and the reason of the signal.
 */
export async function measureLease(
  { models, inputs, settings }: Pick<Lease, 'models' | 'inputs' | 'settings'>,
  files: readonly string[],
  { signal, onProgress }: LeaseHooks,
): Promise<BenchmarkSamples> {
  const before = readCondition();
  const probes: Probe[] = [];
  for (const [index, model] of files.entries()) {
    onProgress((PROBE_SHARE * index) / files.length, `loads ${models[index]?.label ?? ''}`);
    probes.push(await runChild<'probe'>({ kind: 'probe', model, inputs, settings }, { signal }));
  }
  const timing = await runChild<'time'>(
    { kind: 'time', models: [...files], inputs, settings },
    { signal, onProgress: (fraction) => onProgress(PROBE_SHARE + (1 - PROBE_SHARE) * fraction, 'times') },
  );
  const { samplesMs, runsPerSample, ...rest } = timing;
  return {
    ...rest,
    models: models.map(({ digest }, index): ModelSamples => ({
      digest,
      ...probeOf(probes[index], files.length),
      samplesMs: samplesMs[index] ?? [],
      runsPerSample: runsPerSample[index] ?? 1,
    })),
    before,
    after: readCondition(),
    notes: notesOf(before.load, timing.blocks, samplesMs[0]?.length ?? 0),
  };
}

function probeOf(probe: Probe | undefined, models: number): Omit<Probe, 'nodes'> & { nodes: NodeTiming[] | null } {
  if (!probe) throw new TypeError('a model was not looked at');
  return { ...probe, nodes: probe.nodes?.slice(0, Math.floor(MOST_NODES / models)) ?? null };
}

function notesOf(load: number | null, blocks: number, samples: number): string[] {
  const busy =
    load !== null && load > BUSY_LOAD ? [`other work was on the machine: load ${load.toFixed(1)} before`] : [];
  const thinned = samples < blocks ? [`${samples} of ${blocks} blocks are sent, evenly spaced`] : [];
  return [...busy, ...thinned, 'the inputs are made up'];
}

import { availableParallelism } from 'node:os';
import type { BenchmarkSamples, Lease, ModelSamples } from '#contracts';
import type { Fed, ChildProbe, StoredInputs, ChildTiming } from '../child/messages.js';
import { findEnergySource } from '../energy/find-source.js';
import { measureEnergy, type MeasuredEnergy } from '../energy/measure-energy.js';
import { MeasuringError } from '../errors.js';
import { readCondition } from '../machine/condition.js';
import { measureThroughput } from './measure-throughput.js';
import { runChild } from './run-child.js';

/** Where looking at each model alone and timing end on the progress; what else is asked for takes the rest. */
const PROBE_SHARE = 0.2;
const TIMING_SHARE = 0.8;
/** Load above which other work is said to have been on the machine, in processes for each processor. */
const BUSY_LOAD = 0.5;

export interface LeaseHooks {
  signal: AbortSignal;
  onProgress(fraction: number, message: string): void;
}

type Work = Pick<Lease, 'models' | 'inputs' | 'settings' | 'throughput'>;

/** What of a lease lies on the disk of the device. */
export interface LeaseFiles {
  models: string[];
  /** Samples of the data set; null where inputs are made up. */
  stored: StoredInputs | null;
}

/**
 * Measures the models of a lease: each alone in a process of its own, then all of them together in another, then what
 * else is asked for. Throws MeasuringError, and the reason of the signal.
 */
export async function measureLease(work: Work, files: LeaseFiles, hooks: LeaseHooks): Promise<BenchmarkSamples> {
  const { models, inputs, settings } = work;
  const fed = { inputs, stored: files.stored };
  const before = readCondition();
  const probes = await probeEach(work, files.models, fed, hooks);
  const timing = await timeTogether(work, files.models, fed, hooks);
  const throughput = await throughputOf(work, files, hooks);
  const energy = await energyOf(work, files.models, fed, hooks);
  const { samplesMs, runsPerSample, ...rest } = timing;
  return {
    ...rest,
    models: models.map(({ digest }, index): ModelSamples => ({
      digest,
      ...probeOf(probes[index]),
      samplesMs: samplesMs[index] ?? [],
      runsPerSample: runsPerSample[index] ?? 1,
      ...(energy.measured ? { joules: energy.measured.joules[index] ?? [] } : {}),
    })),
    ...(throughput ? { throughput } : {}),
    ...(settings.energy ? { energy: energy.measured?.source ?? null } : {}),
    before,
    after: readCondition(),
    inputs: files.stored ? 'data' : 'synthetic',
    notes: [...notesOf(before.load, timing.blocks, samplesMs[0]?.length ?? 0), ...energy.notes],
  };
}

async function probeEach({ models, settings }: Work, files: readonly string[], fed: Fed, hooks: LeaseHooks) {
  const probes: ChildProbe[] = [];
  for (const [index, model] of files.entries()) {
    hooks.onProgress((PROBE_SHARE * index) / files.length, `loads ${models[index]?.label ?? ''}`);
    probes.push(
      await runChild<'probe'>(
        { kind: 'probe', model, models: files.length, settings, ...fed },
        { signal: hooks.signal },
      ),
    );
  }
  return probes;
}

function timeTogether({ settings }: Work, models: string[], fed: Fed, { signal, onProgress }: LeaseHooks) {
  const span = TIMING_SHARE - PROBE_SHARE;
  const restOfProgress = (fraction: number) => onProgress(PROBE_SHARE + span * fraction, 'times');
  return runChild<'time'>({ kind: 'time', models, settings, ...fed }, { signal, onProgress: restOfProgress });
}

async function throughputOf({ throughput, settings }: Work, { models, stored }: LeaseFiles, hooks: LeaseHooks) {
  if (!throughput || !settings.throughput) return null;
  const { seconds } = settings.throughput;
  const onPoint = (index: number) => {
    const { batch = 0, threads = 0 } = throughput[index] ?? {};
    const share = TIMING_SHARE + ((1 - TIMING_SHARE) * index) / throughput.length;
    hooks.onProgress(share, `times ${batch} samples on ${threads} threads`);
  };
  const request = { models, stored, seconds, seed: settings.seed };
  return measureThroughput(throughput, request, { signal: hooks.signal, onPoint });
}

/** What it takes to run each model, where the system tells; a source that stops telling fails nothing else. */
async function energyOf(
  { settings }: Work,
  models: string[],
  fed: Fed,
  { signal, onProgress }: LeaseHooks,
): Promise<{ measured: MeasuredEnergy | null; notes: string[] }> {
  if (!settings.energy) return { measured: null, notes: [] };
  const { source, refused } = findEnergySource();
  if (!source) return { measured: null, notes: refused };
  onProgress(1, 'energy');
  try {
    return { measured: await measureEnergy(source, { models, settings, signal, ...fed }), notes: [] };
  } catch (error) {
    if (!(error instanceof MeasuringError)) throw error;
    return { measured: null, notes: [`energy was not measured: ${error.message}`.slice(0, 500)] };
  }
}

function probeOf(probe: ChildProbe | undefined): ChildProbe {
  if (!probe) throw new TypeError('a model was not looked at');
  return probe;
}

function notesOf(load: number | null, blocks: ChildTiming['blocks'], samples: number): string[] {
  const busy =
    load !== null && load > BUSY_LOAD * availableParallelism()
      ? [`other work was on the machine: load ${load.toFixed(1)} before`]
      : [];
  const thinned = samples < blocks ? [`${samples} of ${blocks} blocks are sent, evenly spaced`] : [];
  return [...busy, ...thinned];
}

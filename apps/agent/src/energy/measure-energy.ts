import type { BenchmarkSettings, EnergyReading } from '#contracts';
import { LEAST_BLOCKS } from '#measurement';
import type { Fed, WindowEdge } from '../child/messages.js';
import { runChild } from '../measuring/run-child.js';
import { EnergyMeter } from './energy-meter.js';
import type { EnergySource } from './source.js';

/**
 * Windows of each model, as many as make an interval, and how long one is: RAPL counts a thousand times a second,
 * sensors ten times.
 */
const FULL = { windows: LEAST_BLOCKS, seconds: 1 };
const QUICK = { windows: 3, seconds: 0.3 };

export interface MeasuredEnergy {
  source: EnergyReading;
  /** Joules of a run of each model, by window. */
  joules: number[][];
}

/** The energy of a run of each model, in windows in which it alone is run. Throws MeasuringError, and the reason of the signal. */
export async function measureEnergy(
  source: EnergySource,
  { models, settings, signal, ...fed }: { models: string[]; settings: BenchmarkSettings; signal: AbortSignal } & Fed,
): Promise<MeasuredEnergy> {
  const windows = new Windows(new EnergyMeter(source), models.length);
  const extent = settings.quick ? QUICK : FULL;
  const request = { kind: 'windows' as const, models, settings, ...extent, ...fed };
  try {
    await runChild<'windows'>(request, { signal, onWindow: (edge) => windows.onEdge(edge) });
  } finally {
    windows.stop();
  }
  return { source: { name: source.name, idleWatts: windows.idleWatts }, joules: windows.joules };
}

/** Books what the meter says between two edges to the model that ran. */
class Windows {
  idleWatts: number | null = null;
  readonly joules: number[][];
  private running: { model: number | null } | null = null;

  constructor(
    private readonly meter: EnergyMeter,
    models: number,
  ) {
    this.joules = Array.from({ length: models }, () => []);
  }

  onEdge({ model, runs }: WindowEdge): void {
    this.book(runs);
    this.running = { model };
    this.meter.begin();
  }

  stop(): void {
    this.meter.end();
  }

  private book(runs: number): void {
    if (!this.running) return;
    const { joules, seconds } = this.meter.end();
    const { model } = this.running;
    if (joules === null) return;
    if (model === null) this.idleWatts = seconds > 0 ? joules / seconds : null;
    else if (runs > 0) this.joules[model]?.push(joules / runs);
  }
}

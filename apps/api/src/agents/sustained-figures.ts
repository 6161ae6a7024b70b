import type { BenchmarkSamples, SustainedTiming } from '#contracts';
import type { BenchmarkWork } from '#database';
import { sustained, type Sustained } from '#measurement';

/** The last block begins a little before the time is over. */
const NEARLY = 0.9;

interface SustainedFigures {
  /** Of the model at a place. */
  of(index: number): { sustained?: SustainedTiming };
  notes: string[];
  warnings: string[];
}

/** The first and the last minute of a sustained measurement, a warning where the order of models differs, and why there are no such figures. */
export function sustainedFigures({ models, settings }: BenchmarkWork, samples: BenchmarkSamples): SustainedFigures {
  const asked = settings.sustainedSeconds;
  if (asked === undefined) return { of: () => ({}), notes: [], warnings: [] };
  const { atSeconds = [] } = samples;
  const isWhole = (atSeconds.at(-1) ?? 0) >= NEARLY * asked;
  const found = isWhole
    ? sustained(
        samples.models.map(({ samplesMs }) => samplesMs),
        atSeconds,
      )
    : null;
  if (!found) {
    const note = `${span(asked)} were asked for; its agent sent the times of ${span(atSeconds.at(-1) ?? 0)}: nothing is said of heat`;
    return { of: () => ({}), notes: [note], warnings: [] };
  }
  const label = (place: number) => models[place]?.label ?? '';
  return {
    of: (index) => ({ sustained: timingAt(found, index) }),
    notes: [],
    warnings: found.reversed.map(
      ({ a, b, first, last }) =>
        `${label(b)} is ${first.toFixed(2)}x as fast as ${label(a)} in the first ${span(found.windowSeconds)} and ` +
        `${last.toFixed(2)}x in the last: a short run would rank them otherwise`,
    ),
  };
}

function timingAt({ windowSeconds, firstMs, lastMs }: Sustained, index: number): SustainedTiming {
  const [first = NaN, last = NaN] = [firstMs[index], lastMs[index]];
  return { windowSeconds, firstMs: first, lastMs: last, ratio: last / first };
}

const span = (seconds: number): string =>
  seconds >= 60 ? `${Number((seconds / 60).toPrecision(2))} min` : `${Number(seconds.toPrecision(2))} s`;

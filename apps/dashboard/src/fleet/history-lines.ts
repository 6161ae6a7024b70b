import type { DeviceMeasurement, MeasuredModel } from '#contracts';

/** A median of the past. */
export interface PastMedian {
  /** When, ms since 1970. */
  at: number;
  timing: MeasuredModel;
  measurement: DeviceMeasurement;
}

/** One model, as often as it was measured, oldest first. */
export interface ModelLine {
  digest: string;
  /** Its name, or what made it of the model; of several jobs the newest. */
  label: string;
  medians: PastMedian[];
}

/** Measurements as a line for each model: the one that jobs were given first, then the others, the most measured first. */
export function linesOf(modelId: string, measurements: readonly DeviceMeasurement[]): ModelLine[] {
  const lines = new Map<string, ModelLine>();
  for (const measurement of [...measurements].sort((a, b) => a.measuredAt.localeCompare(b.measuredAt)))
    for (const timing of measurement.models) {
      const { digest } = timing;
      const label = digest === modelId ? measurement.modelName : `${timing.label} of ${measurement.title}`;
      const line = lines.get(digest) ?? { digest, label, medians: [] };
      line.label = label;
      line.medians.push({ at: Date.parse(measurement.measuredAt), timing, measurement });
      lines.set(digest, line);
    }
  const isOriginal = ({ digest }: ModelLine) => Number(digest === modelId);
  return [...lines.values()].sort(
    (a, b) => isOriginal(b) - isOriginal(a) || b.medians.length - a.medians.length || a.digest.localeCompare(b.digest),
  );
}

/** Moments at which the device was another than before: its processor, system or runtime had changed. */
export function changesOfDevice(measurements: readonly DeviceMeasurement[]): number[] {
  const sorted = [...measurements].sort((a, b) => a.measuredAt.localeCompare(b.measuredAt));
  return sorted.flatMap(({ fingerprint, measuredAt }, index) => {
    const before = sorted[index - 1];
    return before && before.fingerprint !== fingerprint ? [Date.parse(measuredAt)] : [];
  });
}

/** What a training pass counts beside what it learns: the message of its progress tells it. */
const COUNTERS = new Set(['fraction', 'epoch', 'step', 'etaS', 'samplesPerS', 'learningRate']);

export type ProgressPoint = Record<string, number>;

/** The figures of a running pass that are worth a curve: losses and fidelities. */
export function curveNames(points: readonly ProgressPoint[]): string[] {
  const names = new Set(points.flatMap((point) => Object.keys(point)));
  return [...names].filter((name) => !COUNTERS.has(name));
}

/** The points of a curve: over the step of the training, or over the share of the stage where it counts no steps. */
export function curveOf(
  points: readonly ProgressPoint[],
  name: string,
): { unit: string; xTitle: string; points: [number, number][] } {
  const hasSteps = points.every(({ step }) => step !== undefined);
  const x = (point: ProgressPoint) => (hasSteps ? (point['step'] ?? 0) : 100 * (point['fraction'] ?? 0));
  return {
    unit: name.endsWith('Db') ? 'dB' : '',
    xTitle: hasSteps ? 'step' : '% of the stage',
    points: onwards(
      points.flatMap((point): [number, number][] =>
        Number.isFinite(point[name]) ? [[x(point), point[name] ?? 0]] : [],
      ),
    ),
  };
}

/** A training that begins anew, or goes on from before it was cut off, takes the place of what was told from there on. */
function onwards(points: readonly [number, number][]): [number, number][] {
  const kept: [number, number][] = [];
  for (const point of points) {
    while ((kept.at(-1)?.[0] ?? -Infinity) >= point[0]) kept.pop();
    kept.push(point);
  }
  return kept;
}

/** validationLoss -> validation loss; snrDb -> SNR */
export function curveTitle(name: string): string {
  const title = name
    .replace(/Db$/, '')
    .replace(/([a-z])([A-Z])/g, (_, before: string, after: string) => `${before} ${after.toLowerCase()}`);
  return title.replace(/\bsnr\b/i, 'SNR');
}

import { DEVICE_METRICS } from '../devices/device-metrics.js';
import { deviceFigureName, type DeviceReference } from '../devices/device-gate.js';
import { METRICS } from '../metric-table.js';
import { objectiveName, type Direction, type SweepDocument, type SweepObjective } from './document.js';

/** An objective as it is told: what it is called, and what is better. */
export interface Goal {
  metric: string;
  direction: Direction;
}

/** The objectives with their directions. */
export function goalsOf({ objectives }: Pick<SweepDocument, 'objectives'>): Goal[] {
  return objectives.map((objective) => ({
    metric: objectiveName(objective),
    direction: objective.direction ?? (betterOf(objective) === 'lower' ? 'minimize' : 'maximize'),
  }));
}

const betterOf = (objective: SweepObjective): 'higher' | 'lower' =>
  'device' in objective ? DEVICE_METRICS[objective.metric].better : METRICS[objective.metric].better;

/** The figures of devices that a sweep asks for, each once. */
export function deviceReferencesOf({
  objectives,
  constraints,
}: Pick<SweepDocument, 'objectives' | 'constraints'>): DeviceReference[] {
  const found = [...objectives, ...constraints].flatMap((wish) => ('device' in wish ? [wish] : []));
  return [...new Map(found.map((wish) => [deviceFigureName(wish), wish])).values()];
}

import {
  DEVICE_METRICS,
  formatDeviceMetric,
  formatExactly,
  gatedDeviceText,
  METRICS,
  type RecipeGate,
} from '#contracts';
import type { RecipeProblem } from './errors.js';

/**
 * Bounds that no model can hold, by the fields of a list of gates: one alone, or with another gate on the same figure.
 */
export function contradictionProblems(gates: readonly RecipeGate[], place: string): RecipeProblem[] {
  const bounds = gates.map(boundsOf);
  return bounds.flatMap((own, at) => {
    const before = bounds.slice(0, at + 1).flatMap((other) => between(own, other));
    const [problem] = [...impossible(own), ...before];
    return problem ? [{ field: `${place}[${at}].${problem.field}`, message: problem.message }] : [];
  });
}

/** What a gate says of a figure itself; what it says of the figure's change contradicts nothing. */
interface Bounds {
  /** Equal for gates over the same figure. */
  figure: string;
  name: string;
  isShare: boolean;
  isSigned: boolean;
  min: number | undefined;
  max: number | undefined;
  say(value: number): string;
}

function boundsOf(gate: RecipeGate): Bounds {
  const { min, max } = gate;
  if ('custom' in gate)
    return {
      figure: `custom ${gate.custom}`,
      name: gate.custom,
      isShare: false,
      isSigned: true,
      min,
      max,
      say: String,
    };
  if ('device' in gate) {
    const { device, metric, provider = '' } = gate;
    const name = `${metric} on ${gatedDeviceText(device)}`;
    const say = (value: number) => formatDeviceMetric(metric, value);
    const isShare = DEVICE_METRICS[metric].unit === 'share';
    return { figure: `device ${name} ${provider}`, name, isShare, isSigned: false, min, max, say };
  }
  const { metric } = gate;
  const { unit } = METRICS[metric];
  const say = (value: number) => formatExactly(metric, value);
  const isSigned = unit === 'number' || unit === 'dB';
  return { figure: metric, name: metric, isShare: unit === 'share', isSigned, min, max, say };
}

type Problem = { field: 'min' | 'max'; message: string };

/** Shares lie between 0 and 1, sizes, counts and times above 0. */
function impossible({ name, isShare, isSigned, min, max }: Bounds): Problem[] {
  if (isShare && min !== undefined && min > 1)
    return [{ field: 'min', message: `${name} is never above 1, it is a share: 98 % is written 0.98` }];
  return !isSigned && max !== undefined && max < 0
    ? [{ field: 'max', message: `${name} is never below 0: no model holds this bound` }]
    : [];
}

/** What a gate asks for against another on the same figure, or against itself. */
function between({ figure, name, min, max, say }: Bounds, other: Bounds): Problem[] {
  if (figure !== other.figure) return [];
  const [least, most] = [other.min ?? -Infinity, other.max ?? Infinity];
  const words = (first: string, second: string) => `no ${name} is ${first} and ${second}, as asked besides: ease one`;
  if (max !== undefined && least > max)
    return [{ field: 'max', message: words(`at most ${say(max)}`, `at least ${say(least)}`) }];
  if (min !== undefined && most < min)
    return [{ field: 'min', message: words(`at least ${say(min)}`, `at most ${say(most)}`) }];
  return [];
}

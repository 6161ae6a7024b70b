import type { GradientBuilder } from '#autodiff';
import type { StepLosses } from './trainer.js';

const SIGNAL = 'signal:';
const NOISE = 'noise:';

/** Keeps the ratio of two powers finite. */
const FLOOR = 1e-30;

/** Terms of a step beside its losses: per output the power of the teacher's answer and that of the student's distance to it. */
export function powerTerms(g: GradientBuilder, { output, dims }: { output: string; dims: readonly number[] }, answer: string): Record<string, string> {
  const power = (value: string) => g.sum(g.square(value), [...dims.keys()]);
  return { [SIGNAL + output]: power(answer), [NOISE + output]: power(g.sub(output, answer)) };
}

/** How near the student's outputs come to the teacher's over the batches of an epoch. */
export class Fidelity {
  private powers: Record<string, number> = {};

  /** Counts a step, and returns its losses without the powers. */
  count(terms: StepLosses): StepLosses {
    const isPower = (name: string) => name.startsWith(SIGNAL) || name.startsWith(NOISE);
    for (const [name, power] of Object.entries(terms)) if (isPower(name)) this.powers[name] = (this.powers[name] ?? 0) + power;
    return Object.fromEntries(Object.entries(terms).filter(([name]) => !isPower(name)));
  }

  /** What was counted since the last call of `epoch`. */
  get counted(): Readonly<Record<string, number>> {
    return this.powers;
  }

  /** Goes on from what another run had counted. */
  restore(counted: Readonly<Record<string, number>>): void {
    this.powers = { ...counted };
  }

  /** Signal-to-noise ratio in dB since the last call: `snrDb`, or one `snrDb:<output>` for each of several outputs. */
  epoch(): Record<string, number> {
    const outputs = Object.keys(this.powers).filter((name) => name.startsWith(SIGNAL)).map((name) => name.slice(SIGNAL.length));
    const ratio = (output: string) => 10 * Math.log10((this.powers[SIGNAL + output]! + FLOOR) / (this.powers[NOISE + output]! + FLOOR));
    const result = Object.fromEntries(outputs.map((output) => [outputs.length === 1 ? 'snrDb' : `snrDb:${output}`, ratio(output)]));
    this.powers = {};
    return result;
  }
}

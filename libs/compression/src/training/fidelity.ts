import type { Expression } from '#autodiff';
import type { StepLosses } from './trainer.js';

const SIGNAL = 'signal:';
const NOISE = 'noise:';

/**
 * Terms of a step beside its losses: per output the power of the teacher's answer and that of the student's distance to
 * it.
 */
export function powerTerms(output: string, student: Expression, answer: Expression): Record<string, Expression> {
  const signal = answer.square().sum();
  return { [SIGNAL + output]: signal, [NOISE + output]: student.minus(answer).square().sum() };
}

/** How near the student's outputs come to the teacher's over the batches of an epoch. */
export class Fidelity {
  private powers: Record<string, number> = {};

  /** Counts a step, and returns its losses without the powers. */
  count(terms: StepLosses): StepLosses {
    const isPower = (name: string) => name.startsWith(SIGNAL) || name.startsWith(NOISE);
    for (const [name, power] of Object.entries(terms))
      if (isPower(name)) this.powers[name] = (this.powers[name] ?? 0) + power;
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

  /**
   * Signal-to-noise ratio in dB since the last call: `snrDb`, or one `snrDb:<output>` for each of several outputs. An
   * output without a ratio has none: `unmeasured` says which and why.
   */
  epoch(): { ratios: Record<string, number>; unmeasured: string[] } {
    const signals = Object.keys(this.powers).filter((name) => name.startsWith(SIGNAL));
    const outputs = signals.map((name) => name.slice(SIGNAL.length));
    const ratios: Record<string, number> = {};
    const unmeasured: string[] = [];
    for (const output of outputs) {
      const [signal, noise] = [this.powers[SIGNAL + output]!, this.powers[NOISE + output]!];
      if (signal > 0 && noise > 0) {
        ratios[outputs.length === 1 ? 'snrDb' : `snrDb:${output}`] = 10 * Math.log10(signal / noise);
        continue;
      }
      const where = noise === 0 ? "it is the teacher's to the bit" : "the teacher's is zero throughout";
      unmeasured.push(`output "${output}" has no signal-to-noise ratio where ${where}`);
    }
    this.powers = {};
    return { ratios, unmeasured };
  }
}

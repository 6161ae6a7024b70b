import type { SweepDocument } from '#contracts';
import type { OpenTrial, SweepSession } from '#database';
import { asha, medianRule, type Curve, type StoppingCriterion } from '#search';

type Settings = NonNullable<SweepDocument['stopping']>;

/** Ends trials whose training falls behind that of the others, by the rule of the sweep. */
export class TrialStopping {
  private readonly rule: StoppingCriterion;
  /** Curves of trials that have ended, by job: they do not change. */
  private readonly ended = new Map<string, Curve>();

  constructor(private readonly settings: Settings) {
    const { rule, from } = settings;
    const minimum = Math.max(1, Math.ceil(from));
    this.rule = rule === 'median' ? medianRule({ warmup: from }) : asha({ minimum });
  }

  /** The trials that fall behind, with the reason, by number. */
  async behind(session: SweepSession, open: readonly OpenTrial[]): Promise<Map<number, string>> {
    const { value } = this.settings;
    const jobs = open.flatMap(({ job }) => (job ? [job.id] : []));
    const running = await session.curves(value, jobs);
    await this.remember(session);
    const found = new Map<number, string>();
    for (const { number, job } of open) {
      const curve = job && running.get(job.id);
      if (!curve) continue;
      const own = completeEpochs(curve);
      const besides = [...running].filter(([id]) => id !== job.id);
      const others = [...this.ended.values(), ...besides.map(([, other]) => completeEpochs(other))];
      if (own.size > 0 && this.rule(own, others)) found.set(number, wordsOf(this.settings, own));
    }
    return found;
  }

  private async remember(session: SweepSession): Promise<void> {
    const fresh = (await session.endedJobs()).filter((id) => !this.ended.has(id));
    const curves = await session.curves(this.settings.value, fresh);
    for (const id of fresh) this.ended.set(id, curves.get(id) ?? new Map());
  }
}

/** The epoch that goes on is not compared with whole ones. */
function completeEpochs(curve: Curve): Curve {
  const last = Math.max(...curve.keys());
  return new Map([...curve].filter(([epoch]) => epoch < last));
}

function wordsOf({ rule, value }: Settings, curve: Curve): string {
  const epoch = Math.max(...curve.keys());
  const against =
    rule === 'median' ? 'worse than the median of the other trials' : 'not among the best third of the trials';
  return `its ${value} of ${curve.get(epoch)} after epoch ${epoch} is ${against} at that epoch`;
}

import { STEP, type GradientStep } from '#autodiff';
import { Session, float32, type HostTensor, type HostTensors } from '#inference';
import { writeModel } from '#onnx';
import { gradientTensors, weightTensors, type GradientRunner } from './gradient-runner.js';
import { GradientThread } from './gradient-thread.js';

export interface Division {
  /** Equal parts of a batch, whose gradients are averaged. */
  parts: number;
  /** Parts that are computed at the same time, each in a session of its own. */
  sessions: number;
  /** Threads of each session. */
  threads: number;
}

/**
 * A step on a batch in equal parts: its gradient is the mean of the parts' gradients, as it is the whole batch's for a
 * loss that is a mean over samples. The parts are summed in their order, whoever computed them, so that a result does
 * not depend on timing.
 */
export class DividedRunner implements GradientRunner {
  private readonly dims: ReadonlyMap<string, readonly (number | string)[]>;

  private constructor(
    private readonly step: GradientStep,
    private readonly parts: number,
    private readonly session: Session,
    private readonly others: readonly GradientThread[],
  ) {
    this.dims = new Map(session.inputs.map(({ name, dims }) => [name, dims]));
  }

  static async create(step: GradientStep, { parts, sessions, threads }: Division): Promise<DividedRunner> {
    const model = writeModel(step.model);
    const others = Array.from({ length: sessions - 1 }, () => GradientThread.start({ model, threads }));
    const session = await Session.create(model, { threads, optimization: 'extended' });
    return new DividedRunner(step, parts, session, others);
  }

  async run(feeds: HostTensors, weights: Float32Array, gradient: Float32Array): Promise<HostTensors> {
    const { layout, terms } = this.step;
    const named = terms.map((term): [string, HostTensor] => [STEP.term(term), float32([], [0])]);
    const sums: HostTensors = { ...gradientTensors(layout, gradient), ...Object.fromEntries(named) };
    const all = { ...feeds, ...weightTensors(layout, weights) };
    gradient.fill(0);
    for (let part = 0; part < this.parts; part += this.others.length + 1) {
      for (const outputs of await this.round(all, part, Object.keys(sums))) addTo(sums, outputs);
    }
    for (const { data } of Object.values(sums))
      for (let i = 0; i < data.length; i++) (data as Float32Array)[i]! /= this.parts;
    return sums;
  }

  async release(): Promise<void> {
    await Promise.all([this.session.release(), ...this.others.map((thread) => thread.end())]);
  }

  /** The parts from `first` on, one for each session: the threads start before this one's run blocks the event loop. */
  private async round(feeds: HostTensors, first: number, wanted: string[]): Promise<HostTensors[]> {
    const helpers = this.others.slice(0, this.parts - first - 1);
    const partOf = (i: number) => this.part(feeds, first + 1 + i);
    const busy = helpers.map((thread, i) => thread.run({ feeds: partOf(i), fetches: wanted }));
    const own = this.session.run(this.part(feeds, first), wanted);
    const ended = await Promise.allSettled([own, ...busy]);
    return ended.map((end) => {
      if (end.status === 'rejected') throw end.reason;
      return end.value;
    });
  }

  /** Copies of what the gradient reads: rows of a part where an input has as many as a part's, all of it elsewhere. */
  private part(feeds: HostTensors, part: number): HostTensors {
    return Object.fromEntries(
      [...this.dims].map(([name, dims]): [string, HostTensor] => {
        const tensor = feeds[name]!;
        const isBatch = dims.length > 0 && tensor.dims[0] !== dims[0];
        const size = isBatch ? tensor.data.length / this.parts : tensor.data.length;
        const start = isBatch ? part * size : 0;
        const own = tensor.data.slice(start, start + size);
        return [name, { ...tensor, dims: [...(dims as number[])], data: own } as HostTensor];
      }),
    );
  }
}

function addTo(sums: HostTensors, outputs: HostTensors): void {
  for (const [name, { data: sum }] of Object.entries(sums)) {
    const { data } = outputs[name]!;
    for (let i = 0; i < sum.length; i++) (sum as Float32Array)[i]! += (data as Float32Array)[i]!;
  }
}

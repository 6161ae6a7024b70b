import { STEP, type DividedStep } from '#autodiff';
import { Session, float32, type HostTensor, type HostTensors } from '#inference';
import { writeModel } from '#onnx';
import { GradientThread } from './gradient-thread.js';

/** What runs a training step: feeds and results by the names that the step gives them. */
export interface StepRunner {
  run(feeds: HostTensors): Promise<HostTensors>;
  release(): Promise<void>;
}

export interface Division {
  /** Equal parts of a batch, whose gradients are averaged. */
  parts: number;
  /** Parts that are computed at the same time, each in a session of its own. */
  sessions: number;
  /** Threads of each session. */
  threads: number;
}

/**
 * A step on a batch in equal parts: the state after it comes from the mean of the parts' gradients, as it does from the
 * whole batch's for a loss that is a mean over samples. The parts are summed in their order, whoever computed them, so
 * that a result does not depend on timing.
 */
export class DividedRunner implements StepRunner {
  private readonly dims: ReadonlyMap<string, readonly (number | string)[]>;

  private constructor(
    private readonly step: DividedStep,
    private readonly parts: number,
    private readonly session: Session,
    private readonly update: Session,
    private readonly others: readonly GradientThread[],
  ) {
    this.dims = new Map(session.inputs.map(({ name, dims }) => [name, dims]));
  }

  static async create(step: DividedStep, { parts, sessions, threads }: Division): Promise<DividedRunner> {
    const model = writeModel(step.model);
    const others = Array.from({ length: sessions - 1 }, () => GradientThread.start({ model, threads }));
    const options = { threads, optimization: 'extended' } as const;
    const gradients = await Session.create(model, options);
    const update = await Session.create(writeModel(step.update), options);
    return new DividedRunner(step, parts, gradients, update, others);
  }

  async run(feeds: HostTensors): Promise<HostTensors> {
    const wanted = [STEP.gradient, ...this.step.terms.map((term) => STEP.term(term))];
    const sums: HostTensors = {};
    for (let part = 0; part < this.parts; part += this.others.length + 1) {
      for (const outputs of await this.round(feeds, part, wanted)) addTo(sums, outputs);
    }
    for (const { data } of Object.values(sums))
      for (let i = 0; i < data.length; i++) (data as Float32Array)[i]! /= this.parts;
    const feedOf = (name: string) => (name === STEP.gradient ? sums[STEP.gradient]! : feeds[name]!);
    const vectors = Object.fromEntries(this.update.inputs.map(({ name }) => [name, feedOf(name)]));
    return { ...sums, ...(await this.update.run(vectors)) };
  }

  async release(): Promise<void> {
    await Promise.all([this.session.release(), this.update.release(), ...this.others.map((thread) => thread.end())]);
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
  for (const [name, { dims, data }] of Object.entries(outputs)) {
    const sum = (sums[name] ??= float32(dims, new Float32Array(data.length))).data as Float32Array;
    for (let i = 0; i < sum.length; i++) sum[i]! += (data as Float32Array)[i]!;
  }
}

import { Session, type HostTensor, type HostTensors } from '#inference';
import { cloneModel, DataType, Graph, makeValueInfo, tensorDims, writeModel, elementOf } from '#onnx';
import type { Layer } from '../layers/layers.js';

/** Weights to try instead of a layer's own, by position among the layers. */
export type TriedWeights = ReadonlyMap<number, Float32Array>;

/** What scoring runs: a session, or a session with other weights. */
export type Runnable = Pick<Session, 'run'>;

/**
 * A model in one session whose layers read their weights from its inputs, so that any weights are tried by a run,
 * without writing and loading a model for each. Layers that share a weight are tried one by one.
 */
export class WeightTrial implements Runnable {
  private constructor(
    private readonly session: Session,
    private readonly names: readonly string[],
    private readonly weights: readonly HostTensor[],
  ) {}

  /** `layers` are those of `graph`, which stays as it is. */
  static async create(
    graph: Graph,
    layers: readonly Layer[],
    floats: readonly Float32Array[],
    threads: number,
  ): Promise<WeightTrial> {
    const positions = layers.map(({ node }) => graph.nodes.indexOf(node));
    const trial = new Graph(cloneModel(graph.model));
    const weights = layers.map(({ weight }, i): HostTensor => ({
      type: 'float32',
      dims: tensorDims(graph.tensor(weight)),
      data: floats[i]!,
    }));
    const nodes = positions.map((position) => elementOf(trial.nodes, position, 'nodes'));
    const names = layers.map(({ weight, weightIndex }, i) => {
      const name = trial.freshName(`${weight}_tried`);
      trial.proto.input.push(makeValueInfo(name, DataType.FLOAT, elementOf(weights, i, 'weights').dims));
      trial.setInput(elementOf(nodes, i, 'nodes'), weightIndex, name);
      return name;
    });
    trial.removeDeadCode();
    return new WeightTrial(await Session.create(writeModel(trial.model), { threads }), names, weights);
  }

  /** The outputs with the layers' own weights. */
  run(feeds: HostTensors): Promise<HostTensors> {
    return this.runWith(feeds, new Map());
  }

  /** The same model with some weights replaced, for as long as this one is open. */
  with(tried: TriedWeights): Runnable {
    return { run: (feeds) => this.runWith(feeds, tried) };
  }

  async release(): Promise<void> {
    await this.session.release();
  }

  private runWith(feeds: HostTensors, tried: TriedWeights): Promise<HostTensors> {
    const weights = this.names.map((name, i): [string, HostTensor] => {
      const data = tried.get(i);
      const weight = elementOf(this.weights, i, 'weights');
      return [name, data ? ({ ...weight, data } as HostTensor) : weight];
    });
    return this.session.run({ ...feeds, ...Object.fromEntries(weights) });
  }
}

import { Session, type HostTensor, type HostTensors } from '#inference';
import {
  cloneModel,
  DataType,
  floatTensor,
  Graph,
  makeNode,
  makeTensor,
  makeValueInfo,
  writeModel,
  elementOf,
  known,
} from '#onnx';
import { asymmetricGrid, type ValueRange } from '../../quantization/grid/arithmetic.js';
import type { Layer } from '../../quantization/layers/layers.js';
import type { Runnable } from '../../quantization/mixed/weight-trial.js';

/**
 * A float model in one session where the input of any layer can be put on its uint8 grid for a run:
 *
 *     X -> layer   becomes   Where(chosen, DQ(Q(X)), X) -> layer,   `chosen` being an input of the model
 */
export class ActivationTrial {
  private constructor(
    private readonly session: Session,
    private readonly switches: readonly string[],
  ) {}

  /** `layers` are those of `graph`, which stays as it is; `ranges` hold that of each layer's input. */
  static async create(
    graph: Graph,
    layers: readonly Layer[],
    ranges: ReadonlyMap<string, ValueRange>,
    threads: number,
  ): Promise<ActivationTrial> {
    const positions = layers.map(({ node }) => graph.nodes.indexOf(node));
    const trial = new Graph(cloneModel(graph.model));
    const nodes = positions.map((position) => elementOf(trial.nodes, position, 'nodes'));
    const switches = layers.map(({ input }, i) => {
      const chosen = trial.freshName(`${input}_chosen`);
      trial.proto.input.push(makeValueInfo(chosen, DataType.BOOL, []));
      const { scale, zeroPoint } = asymmetricGrid(known(ranges, input, 'ranges'));
      const grid = [
        trial.addInitializer(floatTensor(trial.freshName(`${input}_scale`), [], [scale])).name,
        trial.addInitializer(
          makeTensor(trial.freshName(`${input}_zero_point`), DataType.UINT8, [], Uint8Array.of(zeroPoint)),
        ).name,
      ];
      const nameOf = (part: string) => trial.freshName(`${input}_${part}`);
      const [quantized, rounded, taken] = [nameOf('quantized'), nameOf('rounded'), nameOf('taken')];
      const before = { before: elementOf(nodes, i, 'nodes') };
      trial.addNode(makeNode('QuantizeLinear', [input, ...grid], [quantized]), before);
      trial.addNode(makeNode('DequantizeLinear', [quantized, ...grid], [rounded]), before);
      trial.addNode(makeNode('Where', [chosen, rounded, input], [taken]), before);
      trial.setInput(elementOf(nodes, i, 'nodes'), 0, taken);
      return chosen;
    });
    return new ActivationTrial(await Session.create(writeModel(trial.model), { threads }), switches);
  }

  /** The model with the inputs of the layers at these positions on their grids. */
  with(chosen: readonly number[]): Runnable {
    const set = new Set(chosen);
    const switches = Object.fromEntries(
      this.switches.map((name, i): [string, HostTensor] => [
        name,
        { type: 'bool', dims: [], data: Uint8Array.of(set.has(i) ? 1 : 0) },
      ]),
    );
    return { run: (feeds: HostTensors) => this.session.run({ ...feeds, ...switches }) };
  }

  async release(): Promise<void> {
    await this.session.release();
  }
}

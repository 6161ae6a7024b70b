import { RunError, Session, type HostTensors } from '#inference';
import { Graph, copyStructure, valueDims, writeModel, type Shapes, elementOf } from '#onnx';
import type { Coordinates } from './coordinates.js';
import { shapesOn, type Observation } from '../../rewrites/observe-graph.js';
import { removeUnits } from './shrink.js';

/** Names a node as the runtime does where it refuses to load one. */
const REFUSED_NODE = /Op \((?<opType>\w+)\)/;

/** A batch that no shape was observed on. */
const OTHER_BATCH = 2;

/**
 * Tries removals on copies of a graph, and tells why one cannot be: the smaller graph does not run, a value has another
 * shape than the removal predicts, or an output another shape than before, on the observed inputs and on a larger batch
 * where the graph takes one.
 */
export class SoundRemoval {
  private larger: Promise<{ feeds: HostTensors; shapes: Shapes } | null> | undefined;

  constructor(
    private readonly graph: Graph,
    private readonly observed: Observation,
  ) {}

  /** What is wrong with the graph without these units, or null. */
  problemWithout(units: ReadonlySet<number>, coordinates: Coordinates): Promise<string | null> {
    return this.problemOf((trial) => removeUnits(trial, coordinates, units));
  }

  /**
   * What is wrong with a copy of the graph once it is edited, or null; `edit` tells the shapes that values must have
   * then.
   */
  async problemOf(edit: (trial: Graph) => Shapes): Promise<string | null> {
    const trial = new Graph(copyStructure(this.graph.model));
    const predicted = edit(trial);
    try {
      const shapes = await shapesOn(trial.model, this.observed.feeds);
      return difference(shapes, predicted, 'predicted') ?? (await this.problemOnLargerBatch(trial));
    } catch (error) {
      return whereItFailed(error);
    }
  }

  private async problemOnLargerBatch(trial: Graph): Promise<string | null> {
    const larger = await (this.larger ??= this.onLargerBatch());
    if (!larger) return null;
    return difference(await outputShapes(trial, larger.feeds), larger.shapes, 'before');
  }

  /** The graph's outputs on a batch of two; null where it fixes its batch, or does not run on two. */
  private async onLargerBatch(): Promise<{ feeds: HostTensors; shapes: Shapes } | null> {
    if (
      this.graph.inputs.length === 0 ||
      !this.graph.inputs.every((input) => typeof valueDims(input)?.[0] === 'string')
    )
      return null;
    const larger = Object.entries(this.observed.feeds).map(([name, tensor]) => [name, repeated(tensor)] as const);
    const feeds = Object.fromEntries(larger);
    return outputShapes(this.graph, feeds).then(
      (shapes) => ({ feeds, shapes }),
      () => null,
    );
  }
}

/** Which of several sets of units cannot go, each with the reason; all that are not named can go together. */
export async function unsoundSets(
  sets: readonly ReadonlySet<number>[],
  problemWithout: (units: ReadonlySet<number>) => Promise<string | null>,
): Promise<Map<number, string>> {
  const unsound = new Map<number, string>();
  const sound = new Set<number>();
  const add = async (places: readonly number[]): Promise<void> => {
    const added = places.flatMap((place) => [...elementOf(sets, place, 'sets')]);
    const problem = await problemWithout(new Set([...sound, ...added]));
    if (problem === null) return added.forEach((id) => sound.add(id));
    if (places.length === 1) return void unsound.set(elementOf(places, 0, 'places'), problem);
    const half = Math.ceil(places.length / 2);
    await add(places.slice(0, half));
    await add(places.slice(half));
  };
  const places = sets.flatMap((units, place) => (units.size > 0 ? [place] : []));
  if (places.length > 0) await add(places);
  return unsound;
}

async function outputShapes(graph: Graph, feeds: HostTensors): Promise<Map<string, readonly number[]>> {
  const session = await Session.create(writeModel(graph.model), { optimization: 'disabled', quiet: true });
  try {
    const outputs = Object.entries(await session.run(feeds));
    return new Map(outputs.map(([name, { dims }]) => [name, dims]));
  } finally {
    await session.release();
  }
}

function repeated(tensor: HostTensors[string]): HostTensors[string] {
  const data = new (tensor.data.constructor as Float32ArrayConstructor)(OTHER_BATCH * tensor.data.length);
  for (let i = 0; i < OTHER_BATCH; i++) data.set(tensor.data as Float32Array, i * tensor.data.length);
  const dims = [OTHER_BATCH * (tensor.dims[0] ?? 1), ...tensor.dims.slice(1)];
  return { ...tensor, dims, data } as HostTensors[string];
}

function difference(shapes: Shapes, expected: Shapes, when: string): string | null {
  for (const [value, dims] of shapes) {
    const wanted = expected.get(value);
    if (wanted && wanted.join() !== dims.join())
      return `"${value}" would have the shape [${dims.join(', ')}] where [${wanted.join(', ')}] was ${when}`;
  }
  return null;
}

/** The node at which the runtime stopped, in place of its message. */
function whereItFailed(error: unknown): string {
  if (error instanceof RunError && error.failed) {
    const { opType, name } = error.failed;
    return `the graph would stop at ${opType}${name ? ` "${name}"` : ''}`;
  }
  const { opType } = REFUSED_NODE.exec(error instanceof Error ? error.message : String(error))?.groups ?? {};
  return opType ? `the graph would stop at ${opType}` : 'the graph would not run';
}

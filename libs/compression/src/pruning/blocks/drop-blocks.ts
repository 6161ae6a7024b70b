import type { PruneOptions, Skipped } from '#contracts';
import { Session, type HostTensors } from '#inference';
import { nodeLabel, Graph, cloneModel, weightSites, writeModel, type ModelProto, type Shapes, elementOf } from '#onnx';
import { isNamed } from '../../name-pattern.js';
import { untouchedLayers } from '../../untouched-layers.js';
import { removeBlock, shapeKeepingBlocks, type Block } from './shape-keeping-blocks.js';
import { calibrationBatches } from '../../calibration-data.js';
import { figuresOf, type GraphFigures } from '../channels/figures.js';
import type { ScoringInputs } from '../importance/importance.js';
import { importanceOf } from '../importance/importances.js';
import { observeGraph } from '../../rewrites/observe-graph.js';
import { SoundRemoval, unsoundSets } from '../channels/sound-removal.js';

/** What is known of one block that could go. */
export interface BlockReport {
  /** Names of its layers. */
  layers: string[];
  /** Error of the outputs without it, as a share of their energy; of importance `random` a draw. */
  importance: number;
  dropped: boolean;
}

export interface BlockDropping {
  blocks: BlockReport[];
  skipped: Skipped[];
  before: GraphFigures;
  after: GraphFigures;
}

/**
 * Drops the share `ratio` of the blocks that keep their shape, rounded down, in place: those whose absence alone moves
 * the model's outputs least on calibration samples, or on one generated input where there is no data. A block without
 * which the graph fails its check stays, and is named in `skipped`. Throws UnobservableModelError.
 */
export async function dropBlocks(graph: Graph, options: PruneOptions, inputs: ScoringInputs): Promise<BlockDropping> {
  const observation = await observeGraph(graph.model);
  const { shapes } = observation;
  const all = shapeKeepingBlocks(graph, shapes);
  const removal = new SoundRemoval(graph, observation);
  const problemWithout = (places: ReadonlySet<number>) =>
    removal.problemOf((trial) => {
      removeAll(trial, shapeKeepingBlocks(trial, shapes), places);
      return shapes;
    });
  const isFree = (place: number) => !isExcluded(elementOf(all, place, 'all'), options);
  const candidates = [...all.keys()].filter(isFree);
  const unsound = await unsoundSets(
    candidates.map((place) => new Set([place])),
    problemWithout,
  );
  const places = candidates.filter((_, i) => !unsound.has(i));
  const scores =
    importanceOf(options).blocks?.(places.length, inputs.seed) ??
    (await errorsWithout(graph, shapes, places, options, inputs, observation.feeds));
  const scoreOf = (place: number) => elementOf(scores, place, 'scores');
  const order = [...places.keys()].toSorted((a, b) => scoreOf(a) - scoreOf(b) || b - a);
  const count = Math.floor(candidates.length * options.ratio + 1e-9);
  const gone = new Set(order.slice(0, count).map((i) => elementOf(places, i, 'places')));
  const blocks = places.map((place, i): BlockReport => ({
    layers: layersOf(graph, elementOf(all, place, 'all')),
    importance: elementOf(scores, i, 'scores'),
    dropped: gone.has(place),
  }));
  const skipped = [
    ...blockedLayers(graph, all, options),
    ...[...unsound].flatMap(([i, problem]) =>
      unsoundLayers(graph, elementOf(all, elementOf(candidates, i, 'candidates'), 'all'), problem),
    ),
  ];
  const before = figuresOf(graph, shapes);
  if (gone.size === 0) return { blocks, skipped, before, after: before };
  removeAll(graph, all, gone);
  return { blocks, skipped, before, after: figuresOf(graph, shapes) };
}

/** From the end on, so that the input of a block is still there when its turn comes. */
function removeAll(graph: Graph, blocks: readonly Block[], gone: ReadonlySet<number>): void {
  for (let place = blocks.length - 1; place >= 0; place--)
    if (gone.has(place)) removeBlock(graph, elementOf(blocks, place, 'blocks'));
  graph.removeDeadCode();
}

function unsoundLayers(graph: Graph, { nodes }: Block, problem: string): Skipped[] {
  const inside = new Set(nodes);
  const reason = `its block stays: without it ${problem}`;
  const sites = weightSites(graph).filter(({ node }) => inside.has(node));
  return sites.map(({ node, opType }) => ({ node: nodeLabel(node), opType, reason }));
}

/** Per place, Σ (y - y')² / Σ y² over all outputs and samples, y' being the outputs without that block. */
async function errorsWithout(
  graph: Graph,
  shapes: Shapes,
  places: readonly number[],
  options: PruneOptions,
  { data, threads, work }: ScoringInputs,
  feeds: HostTensors,
): Promise<number[]> {
  const batches: HostTensors[] = [];
  if (data) for await (const batch of calibrationBatches(graph, data, options.samples, { work })()) batches.push(batch);
  else batches.push(feeds);
  const reference = await outputsOf(graph.model, batches, threads);
  const energy = reference.reduce((sum, y) => sum + y ** 2, 0);
  const errors: number[] = [];
  work?.begin('trying blocks', 0.9, { count: places.length, noun: 'trial' });
  for (const place of places) {
    const trial = new Graph(cloneModel(graph.model));
    removeAll(trial, shapeKeepingBlocks(trial, shapes), new Set([place]));
    const outputs = await outputsOf(trial.model, batches, threads);
    const error = reference.reduce((sum, y, i) => sum + (y - elementOf(outputs, i, 'outputs')) ** 2, 0);
    errors.push(error / (energy || 1));
    work?.next();
  }
  return errors;
}

async function outputsOf(model: ModelProto, batches: readonly HostTensors[], threads: number): Promise<number[]> {
  const session = await Session.create(writeModel(model), { threads });
  const values: number[] = [];
  for (const batch of batches)
    for (const { type, data } of Object.values(await session.run(batch)))
      if (type === 'float32') for (const value of data as Float32Array) values.push(value);
  await session.release();
  return values;
}

function layersOf(graph: Graph, { nodes }: Block): string[] {
  const inside = new Set(nodes);
  const sites = weightSites(graph).filter(({ node }) => inside.has(node));
  return sites.map(({ node }) => nodeLabel(node));
}

type Exclusion = Pick<PruneOptions, 'exclude'>;

/** Layers that are in no block whatever the shapes are, or in one that is excluded: what can be told without a run. */
export function staticallyBlockedLayers(graph: Graph, options: Exclusion): Skipped[] {
  return blockedLayers(graph, shapeKeepingBlocks(graph, null), options);
}

function isExcluded({ nodes }: Block, { exclude }: Exclusion): boolean {
  return nodes.some((node) => isNamed(node, exclude));
}

function blockedLayers(graph: Graph, blocks: readonly Block[], options: Exclusion): Skipped[] {
  const blockOf = new Map(blocks.flatMap((block) => block.nodes.map((node) => [node, block])));
  const blocked = weightSites(graph).flatMap(({ node, opType }) => {
    const block = blockOf.get(node);
    if (block && !isExcluded(block, options)) return [];
    return [
      {
        node: nodeLabel(node),
        opType,
        reason:
          block || isNamed(node, options.exclude)
            ? 'it is excluded, or in one block with a node that is'
            : 'it is in no block that keeps its shape and whose inner values nobody else reads',
      },
    ];
  });
  return [...blocked, ...untouchedLayers(graph)];
}

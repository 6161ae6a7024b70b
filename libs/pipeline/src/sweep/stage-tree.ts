import { createHash } from 'node:crypto';
import type { PassName } from '#contracts';
import { canonicalJson } from '../canonical-json.js';
import type { PlannedStage } from '../plan.js';
import { stageKey } from '../stage-key.js';

/** A stage that all trials share whose recipes begin alike. */
export interface StageNode {
  stage: PlannedStage;
  /** Null for the first stage of a recipe. */
  parent: StageNode | null;
}

/**
 * The distinct stages of recipes, each behind the one before it: recipes that begin alike share what they begin with.
 */
export function stageTree(recipes: readonly (readonly PlannedStage[])[]): StageNode[] {
  const nodes = new Map<string, StageNode>();
  for (const stages of recipes) {
    let parent: StageNode | null = null;
    let prefix = '';
    for (const stage of stages) {
      prefix = createHash('sha256')
        .update(prefix + canonicalJson([stage.pass, stage.options]))
        .digest('base64');
      const node: StageNode = nodes.get(prefix) ?? { stage, parent };
      nodes.set(prefix, node);
      parent = node;
    }
  }
  return [...nodes.values()];
}

/** What is stored under a stage key. */
export interface KnownResult {
  modelDigest: string;
}

export interface LookUp {
  model: string;
  dataset: string | null;
  seed: number;
  /** What of each kind of worker enters the keys of stages, by stage. */
  runtimes: readonly ((stage: PlannedStage) => string)[];
  find(keys: readonly string[]): Promise<ReadonlyMap<string, KnownResult>>;
}

/**
 * The stages of a tree whose results are stored already: looked up level by level, since a key names the model that the
 * stage before made.
 */
export async function cachedStages(nodes: readonly StageNode[], lookUp: LookUp): Promise<Set<StageNode>> {
  const histories = new Map<StageNode | null, readonly string[]>([[null, [lookUp.model]]]);
  const cached = new Set<StageNode>();
  let level = nodes.filter(({ parent }) => parent === null);
  while (level.length > 0) {
    const historyOf = ({ parent }: (typeof level)[number]) => histories.get(parent) ?? [];
    const keyed = level.map((node) => ({ node, keys: keysOf(node, historyOf(node), lookUp) }));
    const found = await lookUp.find(keyed.flatMap(({ keys }) => keys));
    const hits = keyed.flatMap(({ node, keys }) => {
      const known = keys.map((key) => found.get(key)).find((result) => result !== undefined);
      if (!known) return [];
      cached.add(node);
      histories.set(node, [...(histories.get(node.parent) ?? []), known.modelDigest]);
      return [node];
    });
    level = childrenOf(nodes, hits);
  }
  return cached;
}

function childrenOf(nodes: readonly StageNode[], level: readonly StageNode[]): StageNode[] {
  const parents = new Set<StageNode | null>(level);
  return nodes.filter(({ parent }) => parent !== null && parents.has(parent));
}

function keysOf({ stage }: StageNode, history: readonly string[], lookUp: LookUp): string[] {
  const input = history.at(-1) ?? lookUp.model;
  const { model: baseline, dataset, seed } = lookUp;
  const parts = { stage, input, history, baseline, dataset, seed };
  return lookUp.runtimes.map((runtime) => stageKey({ ...parts, runtime: runtime(stage) }));
}

/** An earlier stage on the same model, by which others are foreseen. */
export interface EarlierStage {
  pass: string;
  options: Readonly<Record<string, unknown>>;
  seconds: number;
  /** Of the model that it made. */
  bytes: number;
  /** The peak of its process, MiB; null for stages that nobody measured. */
  memoryMb: number | null;
}

/** What stages will take together, and those of which nothing is known. */
export interface StageEstimate {
  seconds: number | null;
  secondsUnknown: { pass: string; stages: number }[];
  bytes: number | null;
  bytesUnknown: { pass: string; stages: number }[];
  /** Of the largest stage; stages run in processes of their own. */
  memoryMb: number | null;
}

/** A stage that is foreseen; of one that runs the share that is done. */
type ForeseenStage = Pick<PlannedStage, 'pass' | 'options'> & { progress?: number };

/**
 * Foresees what is left of stages by earlier ones of the same pass: the median of those with the same options where there are any, else
 * of all, a training's time in proportion to its epochs. Passes that only measure store no model.
 */
export function estimateStages(
  stages: readonly ForeseenStage[],
  earlier: readonly EarlierStage[],
  changes: (pass: PassName) => boolean,
): StageEstimate {
  const experience = new Experience(earlier);
  const known = stages.map((stage) => ({ stage, typical: experience.of(stage) }));
  const times = known.map(({ stage: { pass, options, progress = 0 }, typical }) => ({
    pass,
    value: typical && typical.epochSeconds * epochsOf(options) * (1 - progress),
  }));
  const sizes = known
    .filter(({ stage }) => changes(stage.pass))
    .map(({ stage: { pass }, typical }) => ({ pass, value: typical && typical.bytes }));
  return {
    seconds: total(times),
    secondsUnknown: unknown(times),
    bytes: total(sizes),
    bytesUnknown: unknown(sizes),
    memoryMb: largest(known.map(({ typical }) => typical?.memoryMb ?? null)),
  };
}

/** What stages of a kind took, and the bytes of the models that they made: medians. */
interface Typical {
  /** For one epoch; of a pass that has none for all of it. */
  epochSeconds: number;
  bytes: number;
  memoryMb: number | null;
}

/** What earlier stages took, by pass and by pass and options, reckoned once however many are foreseen by it. */
class Experience {
  private readonly groups = new Map<string, EarlierStage[]>();
  private readonly reckoned = new Map<string, Typical | null>();

  constructor(earlier: readonly EarlierStage[]) {
    for (const stage of earlier)
      for (const key of keysOfKind(stage)) {
        const group = this.groups.get(key);
        if (group) group.push(stage);
        else this.groups.set(key, [stage]);
      }
  }

  /** Null where nothing is known of the pass. */
  of(stage: Pick<PlannedStage, 'pass' | 'options'>): Typical | null {
    const key = keysOfKind(stage).find((kind) => this.groups.has(kind));
    if (key === undefined) return null;
    if (!this.reckoned.has(key)) this.reckoned.set(key, typicalOf(this.groups.get(key) ?? []));
    return this.reckoned.get(key) ?? null;
  }
}

/** The narrower kind first: stages of the same options, then of the same pass. */
const keysOfKind = ({ pass, options }: Pick<EarlierStage, 'pass' | 'options'>): string[] => [
  `${pass} ${canonicalJson(options)}`,
  pass,
];

function typicalOf(stages: readonly EarlierStage[]): Typical {
  const perEpoch = stages.map(({ options, seconds }) => seconds / epochsOf(options));
  return {
    epochSeconds: median(perEpoch),
    bytes: median(stages.map(({ bytes }) => bytes)),
    memoryMb: largest(stages.map(({ memoryMb }) => memoryMb)),
  };
}

interface Estimated {
  pass: string;
  value: number | null;
}

function total(values: readonly Estimated[]): number | null {
  const known = values.flatMap(({ value }) => value ?? []);
  return known.length === 0 && values.length > 0 ? null : known.reduce((sum, value) => sum + value, 0);
}

function unknown(values: readonly Estimated[]): { pass: string; stages: number }[] {
  const counts = new Map<string, number>();
  for (const { pass, value } of values) if (value === null) counts.set(pass, (counts.get(pass) ?? 0) + 1);
  return [...counts].map(([pass, stages]) => ({ pass, stages }));
}

/** Of those that are known. */
function largest(values: readonly (number | null)[]): number | null {
  return values.reduce((most, value) => (value === null ? most : Math.max(most ?? 0, value)), null);
}

function epochsOf({ epochs }: Readonly<Record<string, unknown>>): number {
  return typeof epochs === 'number' && epochs > 0 ? epochs : 1;
}

/** Of one value at least. */
function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  const [low = NaN, high = NaN] = [sorted[Math.floor(middle)], sorted[Math.ceil(middle)]];
  return (low + high) / 2;
}

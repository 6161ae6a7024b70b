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

/** The distinct stages of recipes, each behind the one before it: recipes that begin alike share what they begin with. */
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

/** The stages of a tree whose results are stored already: looked up level by level, since a key names the model that the stage before made. */
export async function cachedStages(nodes: readonly StageNode[], lookUp: LookUp): Promise<Set<StageNode>> {
  const histories = new Map<StageNode | null, readonly string[]>([[null, [lookUp.model]]]);
  const cached = new Set<StageNode>();
  let level = nodes.filter(({ parent }) => parent === null);
  while (level.length > 0) {
    const keyed = level.map((node) => ({ node, keys: keysOf(node, histories.get(node.parent) ?? [], lookUp) }));
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
  return lookUp.runtimes.map((runtime) =>
    stageKey({
      stage,
      input,
      history,
      baseline: lookUp.model,
      dataset: lookUp.dataset,
      seed: lookUp.seed,
      runtime: runtime(stage),
    }),
  );
}

/** An earlier stage on the same model, by which others are foreseen. */
export interface EarlierStage {
  pass: string;
  options: Readonly<Record<string, unknown>>;
  seconds: number;
  /** Of the model that it made. */
  bytes: number;
}

/** What stages will take together, and those of which nothing is known. */
export interface StageEstimate {
  seconds: number | null;
  secondsUnknown: { pass: string; stages: number }[];
  bytes: number | null;
  bytesUnknown: { pass: string; stages: number }[];
}

/**
 * Foresees stages by earlier ones of the same pass: the median of those with the same options where there are any, else of all, a
 * training's time in proportion to its epochs. Passes that only measure store no model.
 */
export function estimateStages(
  stages: readonly PlannedStage[],
  earlier: readonly EarlierStage[],
  changes: (pass: PassName) => boolean,
): StageEstimate {
  const times = stages.map((stage) => ({ pass: stage.pass, value: secondsOf(stage, earlier) }));
  const sizes = stages
    .filter(({ pass }) => changes(pass))
    .map((stage) => ({ pass: stage.pass, value: median(similar(stage, earlier).map(({ bytes }) => bytes)) }));
  return {
    seconds: total(times),
    secondsUnknown: unknown(times),
    bytes: total(sizes),
    bytesUnknown: unknown(sizes),
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

function similar(stage: PlannedStage, earlier: readonly EarlierStage[]): EarlierStage[] {
  const ofPass = earlier.filter(({ pass }) => pass === stage.pass);
  const wanted = canonicalJson(stage.options);
  const same = ofPass.filter(({ options }) => canonicalJson(options) === wanted);
  return same.length > 0 ? same : ofPass;
}

function secondsOf(stage: PlannedStage, earlier: readonly EarlierStage[]): number | null {
  const epochs = epochsOf(stage.options);
  return median(similar(stage, earlier).map(({ options, seconds }) => (seconds * epochs) / epochsOf(options)));
}

const epochsOf = ({ epochs }: Readonly<Record<string, unknown>>): number =>
  typeof epochs === 'number' && epochs > 0 ? epochs : 1;

function median(values: readonly number[]): number | null {
  const sorted = values.toSorted((a, b) => a - b);
  const [low, high] = [sorted[Math.floor((sorted.length - 1) / 2)], sorted[Math.ceil((sorted.length - 1) / 2)]];
  return low === undefined || high === undefined ? null : (low + high) / 2;
}

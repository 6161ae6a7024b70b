import { rangeSchemaOf } from '#contracts';
import { isMap, isSeq, parseDocument, type Document } from 'yaml';

/** Where a value stands in a recipe. */
export type Path = readonly (string | number)[];

/** A step as the form shows it. */
export interface FormStep {
  pass: string;
  options: Readonly<Record<string, unknown>>;
}

/** What a recipe's text says, as far as the form shows it; `problem` says why the form cannot. */
export interface RecipeView {
  steps: readonly FormStep[];
  /** Whether an option is a range, or objectives are named: then it is a sweep. */
  isSweep: boolean;
  gates: readonly Bound[];
  objectives: readonly string[];
  limits: { trials?: number; minutes?: number; parallel?: number };
  /** Ids of earlier sweeps and jobs that it begins with. */
  warmStart: readonly string[];
  problem: string | null;
}

/**
 * One bound of a gate or a constraint; `list` and `at` say where it stands. A gate may say more, which stays as it is.
 */
export interface Bound {
  list: 'gates' | 'constraints';
  at: number;
  metric: string;
  /** Of a gate over a device or a figure of one's own, which is changed in the text: what it is over. */
  subject?: string;
  kind: BoundKind;
  value: number;
}

export const BOUND_KINDS = ['max', 'min', 'maxDrop', 'maxRatio'] as const;
export type BoundKind = (typeof BOUND_KINDS)[number];

/** What a sweep is for where nothing else is said: small, and near to the original. */
const FIRST_OBJECTIVES = [{ metric: 'compressedBytes' }, { metric: 'outputSnrDb' }];
const EMPTY = { steps: [], isSweep: false, gates: [], objectives: [], limits: {}, warmStart: [] };

/** Reads a recipe or a sweep. */
export function viewOf(text: string): RecipeView {
  const document = parseDocument(text);
  const [fault] = document.errors;
  if (fault) return { ...EMPTY, problem: fault.message };
  const value = valueOf(document);
  if (value instanceof Error) return { ...EMPTY, problem: value.message };
  if (!isRecord(value) || !Array.isArray(value['passes'])) return { ...EMPTY, problem: 'it has no list “passes”' };
  const steps = value['passes'].map(stepOf);
  const objectives = Array.isArray(value['objectives']) ? value['objectives'] : [];
  return {
    steps,
    isSweep: 'objectives' in value || isSearched(value),
    gates: [...boundsOf(value, 'gates'), ...boundsOf(value, 'constraints')],
    objectives: objectives.flatMap((each) => (isRecord(each) ? [wishName(each)] : [])),
    limits: isRecord(value['limits']) ? value['limits'] : {},
    warmStart: Array.isArray(value['warmStart']) ? value['warmStart'].map(String) : [],
    problem: null,
  };
}

/** What the text means; an error for references that lead nowhere, or multiply without end. */
function valueOf(document: Document): unknown {
  try {
    return document.toJS() as unknown;
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

function stepOf(value: unknown): FormStep {
  const step = isRecord(value) ? value : {};
  return { pass: String(step['pass'] ?? ''), options: isRecord(step['options']) ? step['options'] : {} };
}

function boundsOf(document: Record<string, unknown>, list: Bound['list']): Bound[] {
  const gates = document[list];
  if (!Array.isArray(gates)) return [];
  return gates.flatMap((gate: unknown, at) =>
    BOUND_KINDS.flatMap((kind) => {
      const value = isRecord(gate) ? gate[kind] : undefined;
      if (!isRecord(gate) || typeof value !== 'number') return [];
      return [{ list, at, metric: String(gate['metric']), kind, value, ...subjectOf(gate) }];
    }),
  );
}

function subjectOf({ device, custom, metric }: Record<string, unknown>): { subject?: string } {
  if (custom !== undefined) return { subject: String(custom) };
  if (device === undefined) return {};
  return { subject: `${String(metric)} on ${isRecord(device) ? `tag ${String(device['tag'])}` : String(device)}` };
}

/** Sets a value, or takes it away; what the text says besides stays as it stands, comments included. */
export function withValue(text: string, path: Path, value: unknown): string {
  return edited(text, (document) => {
    if (value !== undefined) document.setIn(path, document.createNode(value));
    else {
      document.deleteIn(path);
      dropEmpty(document, path.slice(0, -1));
    }
  });
}

/** Options that are gone leave no empty map behind. */
function dropEmpty(document: Document, path: Path): void {
  const node: unknown = document.getIn(path);
  if (path.at(-1) === 'options' && isMap(node) && node.items.length === 0) document.deleteIn(path);
}

export const withStep = (text: string, pass: string): string =>
  edited(text, (document) => document.addIn(['passes'], document.createNode({ pass })));

export const withoutStep = (text: string, index: number): string =>
  edited(text, (document) => document.deleteIn(['passes', index]));

/** Moves a step by so many places, as far as there are some. */
export const withMovedStep = (text: string, index: number, by: number): string =>
  edited(text, (document) => {
    const passes: unknown = document.getIn(['passes']);
    if (!isSeq(passes) || index + by < 0 || index + by >= passes.items.length) return;
    const [step] = passes.items.splice(index, 1);
    passes.items.splice(index + by, 0, step);
  });

/** Changes one bound; what else its gate says stays. */
export const withBound = (text: string, { list, at, kind }: Bound, part: Partial<Bound>): string =>
  edited(text, (document) => {
    const gate = [list, at];
    if (part.metric !== undefined) document.setIn([...gate, 'metric'], part.metric);
    if (part.value !== undefined) document.setIn([...gate, kind], part.value);
    if (part.kind === undefined || part.kind === kind) return;
    const value: unknown = document.getIn([...gate, kind]);
    document.deleteIn([...gate, kind]);
    document.setIn([...gate, part.kind], value);
  });

/** Takes a bound away, and its gate with it unless that has another. */
export const withoutBound = (text: string, { list, at, kind }: Bound): string =>
  edited(text, (document) => {
    const gate: unknown = document.getIn([list, at]);
    const others = isMap(gate) ? BOUND_KINDS.filter((each) => each !== kind && gate.has(each)) : [];
    document.deleteIn(others.length > 0 ? [list, at, kind] : [list, at]);
    const left: unknown = document.get(list);
    if (isSeq(left) && left.items.length === 0) document.delete(list);
  });

/** Adds a condition on the size of the model, to be changed to what is meant. */
export const withNewBound = (text: string, list: Bound['list']): string =>
  edited(text, (document) => {
    const gate = document.createNode({ metric: 'bytes', maxRatio: 0.5 }, { flow: true });
    if (document.has(list)) document.addIn([list], gate);
    else document.set(list, document.createNode([gate]));
  });

/** Sets the objectives by their names; what stands there of the same name stays as it is, with direction and device. */
export function withObjectives(text: string, names: readonly string[]): string {
  const standing = listOf(text, 'objectives');
  const wishFor = (name: string) => standing.find((each) => wishName(each) === name) ?? { metric: name };
  return withValue(text, ['objectives'], names.map(wishFor));
}

function listOf(text: string, key: string): Record<string, unknown>[] {
  const value = valueOf(parseDocument(text));
  const list = isRecord(value) ? value[key] : [];
  return Array.isArray(list) ? list.filter(isRecord) : [];
}

/** `top1`, or of a device `p95Ms on pi`. */
function wishName(wish: Record<string, unknown>): string {
  const { device, metric } = wish;
  const tag = isRecord(device) ? `tag ${String(device['tag'])}` : device;
  return device === undefined ? String(metric) : `${String(metric)} on ${String(tag)}`;
}

function edited(text: string, edit: (document: Document) => void): string {
  const document: Document = parseDocument(text);
  edit(document);
  settleKind(document);
  return document.toString({ lineWidth: 0, flowCollectionPadding: true });
}

/**
 * A recipe with a range in it is a sweep: it has objectives, and its gates are constraints; without one it is a recipe
 * again.
 */
function settleKind(document: Document): void {
  const value = valueOf(document);
  if (!isRecord(value) || !Array.isArray(value['passes'])) return;
  if (isSearched(value)) {
    rename(document, 'gates', 'constraints');
    if (!document.has('objectives')) document.set('objectives', document.createNode(FIRST_OBJECTIVES));
  } else {
    rename(document, 'constraints', 'gates');
    for (const key of ['objectives', 'limits', 'sampler', 'stopping', 'warmStart']) document.delete(key);
  }
}

function rename(document: Document, from: string, to: string): void {
  if (!document.has(from)) return;
  const value: unknown = document.get(from, true);
  document.delete(from);
  document.set(to, value);
}

/** Whether there is more than one way to read it: an option is a range, a step is optional, or the order is open. */
function isSearched(value: Record<string, unknown>): boolean {
  const passes = Array.isArray(value['passes']) ? value['passes'] : [];
  const isOptional = (step: unknown) => isRecord(step) && step['optional'] === true;
  const hasRange = ({ options }: FormStep) => Object.values(options).some(isRangeWithin);
  const isOfSweep = 'orders' in value || 'parameters' in value;
  return isOfSweep || passes.some(isOptional) || passes.map(stepOf).some(hasRange);
}

function isRangeWithin(value: unknown): boolean {
  if (rangeSchemaOf(value) !== null) return true;
  if (Array.isArray(value)) return value.some(isRangeWithin);
  return isRecord(value) && Object.values(value).some(isRangeWithin);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

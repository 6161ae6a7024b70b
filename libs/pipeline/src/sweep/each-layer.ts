import {
  counted,
  fieldName,
  fitsPattern,
  LAYER_OPTIONS,
  rangeSchemaOf,
  told,
  type LayerNode,
  type SweepDocument,
  type SweepStep,
} from '#contracts';
import { LIMITS } from '#documents';
import { SweepError, type RecipeProblem } from '../errors.js';
import { MOST_PARAMETERS } from './declarations.js';
import { holdBreath, type Breathe } from './effort.js';

type Layer = Pick<LayerNode, 'name' | 'opType' | 'elements'>;
type Entries = Readonly<Record<string, unknown>>;

/** Names of layers that a refusal lists. */
const LISTED = 20;

/** Whether a range of a document stands for each layer of a pattern, so that the layers of the model must be known. */
export const asksForLayers = ({ passes }: SweepDocument): boolean => passes.some((step) => tablesOf(step).length > 0);

/**
 * The document with a range for each layer where one with `each` stood. A layer takes what is said of it by its name,
 * else the first pattern that fits; layers that the step excludes, or whose operator it leaves alone, take none. Throws
 * SweepError for patterns that give no layer anything, and for more layers than a sweep has parameters. `breathe` is
 * awaited between patterns.
 */
export async function withEachLayer(
  document: SweepDocument,
  layers: readonly Layer[],
  breathe = holdBreath,
): Promise<SweepDocument> {
  const problems: RecipeProblem[] = [];
  const passes: SweepStep[] = [];
  let room: number = LIMITS.request.bytes;
  for (const [at, step] of document.passes.entries()) {
    const options: Record<string, unknown> = { ...step.options };
    const tables = tablesOf(step);
    const names = tables.length > 0 ? await namesFor(step, layers, breathe) : new Set<string>();
    for (const [option, table] of tables) {
      const spread = new Spread(names, table, room);
      for (const [pattern, value] of Object.entries(table)) {
        await breathe();
        const message = spread.add(pattern, value);
        const field = fieldName(['passes', at, 'options', option, pattern]);
        if (message !== null) problems.push({ field, message });
      }
      options[option] = Object.fromEntries(spread.entries);
      ({ room } = spread);
    }
    passes.push({ ...step, options });
  }
  if (problems.length > 0) throw new SweepError(problems);
  return { ...document, passes };
}

/** What one option says of layers, spelt out entry by entry. */
class Spread {
  readonly entries: [string, unknown][] = [];
  private left: readonly string[];

  /** `room` is how many bytes ranges may take in all. */
  constructor(
    private readonly names: ReadonlySet<string>,
    table: Entries,
    public room: number,
  ) {
    this.left = [...names].filter((name) => !Object.hasOwn(table, name));
  }

  /** Takes the next entry; why it cannot stand for each layer, or null. */
  add(pattern: string, value: unknown): string | null {
    const fitting = this.take(pattern);
    if (!standsForEach(value)) {
      this.entries.push([pattern, value]);
      return null;
    }
    if (value.name !== undefined) return 'each of its parameters is called by its layer: leave name out';
    if (fitting.length === 0) return this.nothingFits(pattern);
    const { each: _each, ...range } = value;
    this.room -= fitting.length * JSON.stringify(range).length;
    if (fitting.length > MOST_PARAMETERS || this.room < 0) return tooMany(fitting.length);
    this.entries.push(...fitting.map((name): [string, unknown] => [name, range]));
    return null;
  }

  /** The layers that no entry before has taken. */
  private take(pattern: string): string[] {
    if (this.names.has(pattern)) return [pattern];
    const fitting = this.left.filter((name) => fitsPattern(pattern, name));
    const taken = new Set(fitting);
    this.left = this.left.filter((name) => !taken.has(name));
    return fitting;
  }

  private nothingFits(pattern: string): string {
    const names = [...this.names];
    const isTaken = names.some((name) => fitsPattern(pattern, name));
    if (isTaken) return 'every layer that it fits has an entry of its own, or one ahead of it: leave it out';
    if (names.length === 0) return 'the model has no layer that this option says anything of: leave it out';
    const more = names.length > LISTED ? ` and ${names.length - LISTED} more` : '';
    return `${told(pattern)} fits no layer: choose from ${names.slice(0, LISTED).join(', ')}${more}`;
  }
}

const tooMany = (count: number): string =>
  `it stands for ${counted(count, 'layer')}, more than a sweep has room for (${MOST_PARAMETERS} parameters, ` +
  `${LIMITS.request.bytes / 1024 ** 2} MiB written out): choose a narrower pattern, or leave each out`;

/** What a step says of layers by name or pattern, where some of it is for each layer. */
function tablesOf({ pass, options }: SweepStep): [option: string, table: Entries][] {
  const found = LAYER_OPTIONS[pass]?.options ?? [];
  return found.flatMap((option): [string, Entries][] => {
    const table = options[option];
    return isTable(table) && Object.values(table).some(standsForEach) ? [[option, table]] : [];
  });
}

const isTable = (value: unknown): value is Entries =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && rangeSchemaOf(value) === null;

/** A range with `each`; whether it is written well is told where it is read as a range. */
const standsForEach = (value: unknown): value is { each: true; name?: unknown } =>
  rangeSchemaOf(value) !== null && (value as { each?: unknown }).each === true;

/** Names of layers with weights that the step may do something to, in the order in which they run. */
async function namesFor(
  { pass, options }: SweepStep,
  layers: readonly Layer[],
  breathe: Breathe,
): Promise<Set<string>> {
  const asked = textsOf(options['opTypes']);
  const opTypes = (LAYER_OPTIONS[pass]?.opTypes ?? []).filter((opType) => asked?.includes(opType) ?? true);
  const heeded = layers.filter(({ opType, elements }) => elements > 0 && opTypes.includes(opType));
  let names = heeded.map(({ name }) => name);
  for (const pattern of textsOf(options['exclude']) ?? []) {
    await breathe();
    names = names.filter((name) => !fitsPattern(pattern, name));
  }
  return new Set(names);
}

/** Texts of a list; undefined where the sweep searches the option, or leaves it at its default. */
function textsOf(value: unknown): string[] | undefined {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : undefined;
}

import type { SweepDocument } from '#contracts';

/** Recipes that are looked at one by one at most, before a launch. */
export const EVERY = 4096;
/** Recipes that are looked at of a document that is nearly too large. */
const FEWEST = 32;
/** Values that the recipes of one look hold together: a second of writing and checking them. */
const VALUES = 200_000;
/** Values that are written and checked between two breaths: some milliseconds. */
const AT_ONCE = 2000;

/** How much of a space is looked at, so that a large document takes no longer than a small one. */
export interface Effort {
  /** Recipes at most. */
  recipes: number;
  /** Recipes between two breaths. */
  atOnce: number;
}

/** A recipe costs what it holds: one of 150 layers a hundred times one of a single option. */
export function effortOf({ passes }: Pick<SweepDocument, 'passes'>): Effort {
  const values = valuesOf(passes);
  const atOnce = Math.max(1, Math.floor(AT_ONCE / values));
  const recipes = Math.max(FEWEST, Math.min(EVERY, Math.floor(VALUES / values)));
  return { recipes, atOnce };
}

/** Values of a document, lists and mappings included; those that a range lists stand for one. */
function valuesOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 1;
  if (Array.isArray(value)) return value.reduce((sum: number, item) => sum + valuesOf(item), 1);
  if ('grid' in value || 'choice' in value) return 1;
  return Object.values(value).reduce((sum: number, item) => sum + valuesOf(item), 1);
}

/** Lets others have their turn, where many recipes are looked at. */
export type Breathe = () => Promise<unknown>;

export const holdBreath: Breathe = () => Promise.resolve();

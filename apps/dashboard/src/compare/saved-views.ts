/** What is chosen on Compare, under a name. */
export interface SavedView {
  name: string;
  /** The part of the address behind "?". */
  search: string;
}

const KEY = 'coldpress-compare-views';

/** Views of this browser, by name. What cannot be read is no view. */
export function savedViews(storage: Pick<Storage, 'getItem'> = localStorage): SavedView[] {
  try {
    const stored: unknown = JSON.parse(storage.getItem(KEY) ?? '[]');
    return Array.isArray(stored) ? stored.filter(isView) : [];
  } catch {
    return [];
  }
}

const isView = (value: unknown): value is SavedView =>
  typeof value === 'object' &&
  value !== null &&
  typeof (value as SavedView).name === 'string' &&
  typeof (value as SavedView).search === 'string';

/** The views with one more; one of the same name gives way. */
export function withView(views: readonly SavedView[], view: SavedView): SavedView[] {
  const others = views.filter(({ name }) => name !== view.name);
  return [...others, view].sort((a, b) => a.name.localeCompare(b.name));
}

/** Throws the browser's own error where it has no room. */
export function keepViews(views: readonly SavedView[], storage: Pick<Storage, 'setItem'> = localStorage): void {
  storage.setItem(KEY, JSON.stringify(views));
}

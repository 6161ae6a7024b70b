import type { Range, When } from '#contracts';
import type { Condition } from '#search';

/** A parameter as the document declares it. */
export interface Declaration {
  name: string;
  range: Range;
  when: Condition[];
  /** Path of its range in the document. */
  field: string;
}

/** A place that repeats a parameter's value. */
export interface Reference {
  name: string;
  field: string;
}

export function conditionsOf(when: When = {}): Condition[] {
  const listed = (values: When[string]) => (Array.isArray(values) ? values : [values]);
  return Object.entries(when).map(([parameter, values]) => ({ parameter, in: listed(values) }));
}

import { PipelineError } from './errors.js';

/**
 * JSON with sorted keys and without undefined members: equal values give equal text, whatever order they were written
 * in (RFC 8785 for the values that we use). Throws PipelineError for a number that JSON cannot hold.
 */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((item) => canonicalJson(item ?? null)).join(',')}]`;
  if (value !== null && typeof value === 'object') {
    const members = Object.entries(value).filter(([, member]) => member !== undefined);
    const text = ([key, member]: [string, unknown]) => `${JSON.stringify(key)}:${canonicalJson(member)}`;
    return `{${members.sort(byKey).map(text).join(',')}}`;
  }
  if (typeof value === 'number' && !Number.isFinite(value))
    throw new PipelineError('not_json', `${value} has no JSON form`);
  return JSON.stringify(value ?? null);
}

function byKey([a]: [string, unknown], [b]: [string, unknown]): number {
  return a < b ? -1 : Number(a > b);
}

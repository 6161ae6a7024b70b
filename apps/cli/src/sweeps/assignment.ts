import type { Assignment, ParameterValue } from '#contracts';
import { UsageError } from '../errors.js';

/** An assignment of words as `prune.ratio=0.5`. Throws UsageError for one without a value, or given twice. */
export function assignmentOf(words: readonly string[]): Assignment {
  const assignment: Assignment = {};
  for (const word of words) {
    const at = word.indexOf('=');
    if (at < 1) throw new UsageError(`"${word}" gives no parameter a value: write it as prune.ratio=0.5`);
    const name = word.slice(0, at);
    if (name in assignment) throw new UsageError(`${name} is given twice`);
    assignment[name] = valueOf(word.slice(at + 1));
  }
  return assignment;
}

function valueOf(text: string): ParameterValue {
  if (text === 'true' || text === 'false') return text === 'true';
  return text.trim() !== '' && Number.isFinite(Number(text)) ? Number(text) : text;
}

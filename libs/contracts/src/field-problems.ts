import { suggestion } from './nearest-name.js';
import { NO_FORM_FITS, told } from './zod-words.js';

/** One field at fault and what to do about it. */
export interface FieldProblem {
  /** Path of the field, such as `passes[1].options.ratio`; empty for the document as a whole. */
  field: string;
  message: string;
}

interface Issue {
  readonly message: string;
  readonly code?: string | undefined;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/** More would not be read; all of a large document could be wrong. */
const MAX_PROBLEMS = 20;

export interface FieldWords {
  /** Path that the document has within a larger one. */
  prefix?: string;
  /** The keys that the object at a path may have, to name the nearest one for a key that it may not. */
  validKeys?: (path: PropertyKey[]) => readonly string[];
}

/**
 * What a schema found wrong, a problem for each field: each unknown key becomes a field of its own, with the nearest
 * valid one, and of a union the branch that came nearest is told. Long lists are cut and say so.
 */
export function fieldProblems(issues: readonly Issue[], words: FieldWords = {}): FieldProblem[] {
  const problems: FieldProblem[] = [];
  const count = collect(issues, [], words, problems);
  if (count > problems.length)
    problems.push({
      field: words.prefix ?? '',
      message: `${count - problems.length} more problems like these: mend these first`,
    });
  return problems;
}

/** As many problems as anybody reads, and how many there are more. */
export function firstProblems(problems: readonly FieldProblem[]): FieldProblem[] {
  if (problems.length <= MAX_PROBLEMS) return [...problems];
  return [
    ...problems.slice(0, MAX_PROBLEMS),
    { field: '', message: `${problems.length - MAX_PROBLEMS} more problems: mend these first` },
  ];
}

/** `field: message; field: message` */
export function sentenceOf(problems: readonly FieldProblem[]): string {
  return problems.map(({ field, message }) => (field ? `${field}: ${message}` : message)).join('; ');
}

/** Adds to `found` until it is full, and returns how many there are in all. */
function collect(issues: readonly Issue[], above: PropertyKey[], words: FieldWords, found: FieldProblem[]): number {
  let count = 0;
  for (const issue of issues) {
    const parts = (issue.path ?? []).map((part) => (typeof part === 'object' ? part.key : part));
    const path = [...above, ...parts];
    const branch = nearestBranch(issue);
    if (branch) count += collect(branch, path, words, found);
    else if (issue.code === 'unrecognized_keys' && 'keys' in issue) {
      for (const key of issue.keys as string[]) {
        count += 1;
        if (found.length < MAX_PROBLEMS) {
          const field = fieldName([...path, key], words.prefix);
          found.push({ field, message: unknownKey(key, path, words) });
        }
      }
    } else {
      count += 1;
      if (found.length < MAX_PROBLEMS) found.push({ field: fieldName(path, words.prefix), message: issue.message });
    }
  }
  return count;
}

function unknownKey(key: string, path: PropertyKey[], { validKeys }: FieldWords): string {
  return `there is no ${told(key)} here: ${validKeys ? suggestion(key, validKeys(path)) : 'leave it out'}`;
}

/**
 * None where the union has words of its own. A branch that fails at its root is of another kind, unless only keys of it
 * are unknown, it is too short or too long, or a rule of its own refuses it. Of the others the one with the fewest
 * faults.
 */
function nearestBranch(issue: Issue): readonly Issue[] | undefined {
  if (!('errors' in issue) || !Array.isArray(issue.errors) || !issue.message.startsWith(NO_FORM_FITS)) return undefined;
  const branches = issue.errors as Issue[][];
  const ofSameKind = ['unrecognized_keys', 'too_big', 'too_small', 'custom'];
  const isInside = ({ path = [], code = '' }: Issue) => path.length > 0 || ofSameKind.includes(code);
  const near = branches.filter((branch) => branch.length > 0 && branch.every(isInside));
  return near.toSorted((a, b) => faults(a) - faults(b))[0];
}

/** Each unknown key is a fault. */
const faults = (branch: readonly Issue[]): number =>
  branch.reduce((sum, issue) => sum + ('keys' in issue ? (issue.keys as string[]).length : 1), 0);

/** `passes[1].options.ratio` */
export function fieldName(path: readonly PropertyKey[], prefix = ''): string {
  return path.reduce<string>((field, part) => {
    if (typeof part === 'number') return `${field}[${part}]`;
    const name = String(part).length > 60 ? `${String(part).slice(0, 60)}…` : String(part);
    return field ? `${field}.${name}` : name;
  }, prefix);
}

import { isForeignKeyViolation, NotFoundError } from './errors.js';

/** `Key (model_id)=(4f…) is not present in table "models".`, whatever the words of the server's language are. */
const KEY = /\(\w+\)=\(([^)]*)\)/;

/** What a row that was to be written refers to and that is gone, named; null for any other error. */
export function missingReference(error: unknown): NotFoundError | null {
  if (!isForeignKeyViolation(error)) return null;
  const cause = (error as Error).cause as { detail?: unknown } | undefined;
  const [, id = ''] = KEY.exec(String(cause?.detail)) ?? [];
  return new NotFoundError(isForeignKeyViolation(error, 'datasets') ? 'dataset' : 'model', id);
}

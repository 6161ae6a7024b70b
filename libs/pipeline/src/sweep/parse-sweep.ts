import { fieldProblems, schemaKeys, SweepDocument } from '#contracts';
import { DocumentError, LIMITS, readDocument, wholeProblems } from '#documents';
import { SweepError } from '../errors.js';

/**
 * Reads a sweep from YAML or JSON text, or checks one given as an object. Throws SweepError naming every field at
 * fault; whether its ranges make a space, and its space recipes, planSweep and checkSpace tell.
 */
export function parseSweep(input: unknown): SweepDocument {
  const parsed = SweepDocument.safeParse(typeof input === 'string' ? parseText(input) : input);
  if (parsed.success) return parsed.data;
  throw new SweepError(fieldProblems(parsed.error.issues, { validKeys: (path) => schemaKeys(SweepDocument, path) }), {
    cause: parsed.error,
  });
}

/** What is wrong with the text of a sweep, by line. */
export function unreadableSweep(error: DocumentError): SweepError {
  return new SweepError(wholeProblems(error), { cause: error });
}

function parseText(text: string): unknown {
  try {
    return readDocument(text, LIMITS.recipe);
  } catch (error) {
    throw error instanceof DocumentError ? unreadableSweep(error) : error;
  }
}

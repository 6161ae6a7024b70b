import { parentPort } from 'node:worker_threads';
import { DocumentError } from './errors.js';
import type { DocumentLimits } from './limits.js';
import { readDocument } from './read-document.js';

/** What the thread is asked for, and what it answers: a value or problems. */
export interface ReadRequest {
  text: string;
  limits: DocumentLimits;
}
export type ReadAnswer = { value: unknown } | { problems: DocumentError['problems'] };

function answerTo({ text, limits }: ReadRequest): ReadAnswer {
  try {
    return { value: readDocument(text, limits) };
  } catch (error) {
    if (error instanceof DocumentError) return { problems: error.problems };
    // The parser goes down one call for each level of nesting.
    if (error instanceof RangeError)
      return {
        problems: [
          {
            message:
              `lists and mappings lie too deep inside each other, ${limits.depth} levels are allowed: make it ` +
              'flatter',
          },
        ],
      };
    throw error;
  }
}

parentPort?.on('message', (request: ReadRequest) => parentPort?.postMessage(answerTo(request)));
